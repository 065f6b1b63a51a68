# Numbers of repeated measures that the shared references do not hold: robust covariance,
# tests of terms, and structures that nlme can fit. Run: Rscript --vanilla repeated.R DATA
source("../say.R")
suppressPackageStartupMessages({library(nlme); library(emmeans); library(clubSandwich)})

post <- read_data("BtheB", "BtheB_long_post.csv")
post <- na.omit(post[, c("subject", "treatment", "bdi.pre", "month", "bdi")])
post$treatment <- factor(post$treatment, levels = c("TAU", "BtheB"))
post$visit <- factor(post$month)
post$place <- as.integer(post$visit)
control <- glsControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-12, msTol = 1e-14)
fit <- gls(bdi ~ bdi.pre + treatment * visit, post, control = control,
  correlation = corSymm(form = ~ place | subject), weights = varIdent(form = ~ 1 | visit))
say("us", "logLik", value = logLik(fit))

robust <- coef_test(fit, vcov = "CR2", cluster = post$subject, test = "Satterthwaite")
say_table("us/CR2", rownames(robust), as.matrix(robust[, c("beta", "SE", "df_Satt")]),
  c(beta = "estimate", SE = "se", df_Satt = "df"))
grouped <- coef_test(fit, vcov = "CR2", cluster = post$subject %% 20, test = "Satterthwaite")
say_table("us/CR2 of 20", rownames(grouped), as.matrix(grouped[, c("beta", "SE", "df_Satt")]),
  c(beta = "estimate", SE = "se", df_Satt = "df"))

tests <- as.data.frame(joint_tests(fit, mode = "df.error"))
for (row in seq_len(nrow(tests))) {
  term <- as.character(tests[row, "model term"])
  say("us/joint_tests", term, "df1", value = tests[row, "df1"])
  say("us/joint_tests", term, "statistic", value = tests[row, "F.ratio"])
}

structures <- list(
  cs = list(corCompSymm(form = ~ place | subject), NULL),
  csh = list(corCompSymm(form = ~ place | subject), varIdent(form = ~ 1 | visit)),
  ar1 = list(corAR1(form = ~ place | subject), NULL),
  ar1h = list(corAR1(form = ~ place | subject), varIdent(form = ~ 1 | visit)),
  car1 = list(corCAR1(form = ~ month | subject), NULL),
  id = list(NULL, NULL),
  idh = list(NULL, varIdent(form = ~ 1 | visit)))
for (name in names(structures)) for (method in c("REML", "ML")) {
  part <- structures[[name]]
  one <- gls(bdi ~ bdi.pre + treatment * visit, post, control = control, method = method,
    correlation = part[[1]], weights = part[[2]])
  say(name, method, "logLik", value = logLik(one))
  for (term in names(coef(one))) say(name, method, "estimate", term, value = coef(one)[[term]])
}

# A random intercept beside a residual whose correlation falls with time.
both <- lme(bdi ~ bdi.pre + treatment * visit, post, random = ~ 1 | subject,
  correlation = corCAR1(form = ~ month | subject),
  control = lmeControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-12, msTol = 1e-14))
say("ri_car1", "logLik", value = logLik(both))
