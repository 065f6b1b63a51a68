# Practitioner effects of practitioners.json: before and after treatment with therapists (lme4,
# lmerTest, clubSandwich), and two variances between practitioners (nlme) on rows made by formula.
source("say.R")
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(nlme); library(clubSandwich)})

sessions <- read_data("implement_gad_sessions", "implement_gad_sessions.csv")
first <- sessions[sessions$occasion == 1, c("patient", "therapist", "bai")]
last <- sessions[sessions$occasion == 15, c("patient", "bai")]
names(first)[[3]] <- "pre"
names(last)[[2]] <- "post"
both <- merge(first, last)
both <- both[complete.cases(both), ]

tell <- function(entry, fit) {
  parts <- as.data.frame(VarCorr(fit))
  say(entry, "logLik", value = logLik(fit))
  say(entry, "practitioner", value = parts$vcov[[1]])
  say(entry, "rest", value = parts$vcov[[2]])
  say(entry, "share", value = parts$vcov[[1]] / sum(parts$vcov))
}

tight <- lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-12))
after <- lmer(post ~ pre + (1 | therapist), both, control = tight)
tell("implement_after", after)
tell("implement_before", lmer(post ~ 1 + (1 | therapist), both, control = tight))
table <- coef(summary(after))
say_table("implement_after/fixef", rownames(table), table,
          c(Estimate = "estimate", "Std. Error" = "se", df = "df"))
modes <- ranef(after)$therapist
for (name in rownames(modes)) say("implement_after", "modes", name, value = modes[name, 1])

robust <- lm(post ~ pre, both)
table <- as.data.frame(coef_test(robust, vcov = "CR2", cluster = both$therapist, test = "Satterthwaite"))
say_table("implement_cr2", names(coef(robust)), table,
          c(beta = "estimate", SE = "se", df_Satt = "df"))

# Rows by formula: 24 practitioners with 3 to 13 clients, in two interventions.
size <- 3 + ((0:23) * 7) %% 11
who <- rep(0:23, size)
place <- sequence(size)
arm <- who %% 2
x <- ((who * 5 + place * 3) %% 13) / 4
own <- ((who * 11) %% 24 - 11.5) / 12 * ifelse(arm == 1, 2.4, 0.8)
noise <- ((who * 37 + place * 61 + who * place * 17) %% 29 - 14) / 7 * ifelse(arm == 1, 1, 1.4)
y <- 10 + 0.8 * x + arm + own + noise
made <- data.frame(y, x, arm = factor(arm), who = factor(who))

fine <- lmeControl(opt = "optim", reltol = 1e-14, maxIter = 500, msMaxIter = 500)
one <- lme(y ~ x * arm, random = ~ 1 | who, weights = varIdent(form = ~ 1 | arm), data = made, control = fine)
two <- lme(y ~ x * arm, random = list(who = pdDiag(~ 0 + arm)), weights = varIdent(form = ~ 1 | arm),
           data = made, control = fine)
say("equal_variances", "common", "logLik", value = logLik(one))
say("equal_variances", "common", "variance", value = getVarCov(one)[1, 1])
say("equal_variances", "own", "logLik", value = logLik(two))

# Partners: two clients in a row of one practitioner are a couple, the last may be alone.
made$pair <- made$who : factor((place + 1) %/% 2)
made$z <- 10 + 0.8 * x + own + noise + ((who * 13 + ((place + 1) %/% 2) * 29) %% 11 - 5) / 4
tight <- lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-12, maxeval = 1e5))
pairs <- lmer(z ~ x + (1 | who) + (1 | pair), made, control = tight)
parts <- as.data.frame(VarCorr(pairs))
say("couples", "logLik", value = logLik(pairs))
for (name in c("who", "pair", "Residual")) say("couples", name, value = parts$vcov[parts$grp == name])
say("couples", "x", value = fixef(pairs)[["x"]])
modes <- ranef(pairs)$who
for (name in rownames(modes)) say("couples", "modes", name, value = modes[name, 1])
