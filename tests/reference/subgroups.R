# Numbers of tests/comparison/test_comparison_modification.py and test_comparison_standardised.py.
# Lalonde: subgroups by race, clusters by years of age, earnings in thousands.
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "say.R"))
suppressMessages({
  library(clubSandwich)
  library(metafor)
})
d <- read_data("lalonde", "lalonde_cobalt.csv")
d$y <- d$re78 / 1000
d$w <- 1 / (1 + (seq_len(nrow(d)) - 1) %% 7)
d$race <- factor(d$race)
d$away <- d$educ - weighted.mean(d$educ, d$w)

# Equality of the differences of three subgroups: approximate Hotelling test.
fit <- lm(y ~ 0 + race + race:treat + age + married, data = d, weights = w)
arm <- grep(":treat", names(coef(fit)))
against <- matrix(0, 2, length(coef(fit)))
against[, arm[1]] <- -1
against[1, arm[2]] <- 1
against[2, arm[3]] <- 1
htz <- Wald_test(fit, constraints = against, vcov = "CR2", cluster = d$age, test = "HTZ")
say("htz", "F", value = htz$Fstat)
say("htz", "df", value = htz$df_denom)
say("htz", "p", value = htz$p_val)
own <- coef_test(fit, vcov = "CR2", cluster = d$age, test = "Satterthwaite")
say("subgroups", "estimate", value = own$beta[arm])
say("subgroups", "se", value = own$SE[arm])
say("subgroups", "df", value = own$df_Satt[arm])

# Along a scale.
slope <- lm(y ~ treat + treat:away + away + I(away^2) + age + married, data = d, weights = w)
found <- coef_test(slope, vcov = "CR2", cluster = d$age, test = "Satterthwaite")
row <- which(rownames(found) == "treat:away")
say("slope", "estimate", value = found$beta[row])
say("slope", "se", value = found$SE[row])
say("slope", "df", value = found$df_Satt[row])
say("slope", "p", value = found$p_Satt[row])

# Overlap weights from a propensity of each subgroup's own; then as above.
d$chance <- NA
for (one in levels(d$race)) {
  rows <- d$race == one
  model <- glm(treat ~ age + educ, data = d[rows, ], family = binomial, control = list(epsilon = 1e-14))
  d$chance[rows] <- fitted(model)
}
d$overlap <- ifelse(d$treat == 1, 1 - d$chance, d$chance)
whole <- lm(y ~ 0 + race + race:treat + age + educ, data = d, weights = overlap)
arm <- grep(":treat", names(coef(whole)))
own <- coef_test(whole, vcov = vcovCR(whole, cluster = seq_len(nrow(d)), type = "CR2"),
                 test = "Satterthwaite")
say("within", "estimate", value = own$beta[arm])
say("within", "se", value = own$SE[arm])
say("within", "df", value = own$df_Satt[arm])

# Random effects by REML with Hartung and Knapp's interval: eight schools, and the BCG trials.
tell <- function(name, fit) {
  say(name, "mean", value = fit$b)
  say(name, "se", value = fit$se)
  say(name, "low", value = fit$ci.lb)
  say(name, "high", value = fit$ci.ub)
  say(name, "tau", value = sqrt(fit$tau2))
  say(name, "q", value = fit$QE)
  say(name, "i2", value = fit$I2 / 100)
}
schools <- data.frame(y = c(28, 8, -3, 7, -1, 1, 18, 12), s = c(15, 10, 16, 11, 9, 11, 10, 18))
tell("schools", rma(y, sei = s, data = schools, test = "knha"))
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
say("bcg", "y", value = bcg$yi)
say("bcg", "v", value = bcg$vi)
tell("bcg", rma(yi, vi, data = bcg, test = "knha", control = list(threshold = 1e-12, maxiter = 1000)))
# Estimates that are not independent.
V <- matrix(c(.30, .05, .02, .05, .20, .04, .02, .04, .25), 3)
pulled <- rma.mv(c(-2, .5, 1.5), V, random = ~ 1 | id, data = data.frame(id = 1:3))
say("together", "mean", value = pulled$b)
say("together", "tau", value = sqrt(pulled$sigma2))
say("together", "blup", value = c(pulled$b) + ranef(pulled)$id$intrcpt)

# Observed over expected: exact limits of R's poisson.test.
for (one in list(c(8, 3.59, .9), c(30, 15.21, .95), c(23, 17.83, .95))) {
  exact <- poisson.test(one[1], T = one[2], conf.level = one[3])$conf.int
  say("poisson", one[1], value = exact)
}
