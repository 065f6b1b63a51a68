# Logistic mixed models and estimating equations, searched to the end: glmer's default tolerance of
# the inner iterations (tolPwrss 1e-7) and geepack's (epsilon 1e-4) stop in the fourth digit.
# Run in this folder: Rscript --vanilla binary.R DATA > binary.txt
source("../say.R")
suppressPackageStartupMessages({library(lme4); library(geepack)})

last <- function(method = "bobyqa") glmerControl(optimizer = method, tolPwrss = 1e-13,
  optCtrl = list(rhoend = 1e-9, maxfun = 1e6), check.conv.grad = "ignore", check.conv.singular = "ignore")

tell <- function(entry, fit) {
  say(entry, "logLik", value = logLik(fit))
  table <- coef(summary(fit))
  say_table(paste0(entry, "/fixef"), rownames(table), table, c(Estimate = "estimate", "Std. Error" = "se"))
  parts <- as.data.frame(VarCorr(fit))
  for (row in seq_len(nrow(parts))) {
    name <- paste(parts$grp[[row]], parts$var1[[row]], if (is.na(parts$var2[[row]])) "" else parts$var2[[row]], sep = ",")
    say(entry, "vcov", name, value = parts$vcov[[row]])
  }
}

whole <- read_data("BtheB", "BtheB_long_all.csv")
whole <- whole[!is.na(whole$bdi), ]
whole$treatment <- factor(whole$treatment, levels = c("TAU", "BtheB"))
whole$low <- as.numeric(whole$bdi < 14)
one <- glmer(low ~ treatment * month + (1 | subject), whole, binomial, control = last())
tell("laplace", one)
tell("quadrature 25", glmer(low ~ treatment * month + (1 | subject), whole, binomial, nAGQ = 25, control = last()))
tell("quadrature 5", glmer(low ~ treatment * month + (1 | subject), whole, binomial, nAGQ = 5, control = last()))
tell("slopes", glmer(low ~ treatment * month + (month | subject), whole, binomial, control = last()))
tell("slopes apart", glmer(low ~ treatment * month + (month || subject), whole, binomial, control = last()))

# bobyqa leaves slopes a little below the top; the deviance itself, at given (theta, beta), does not.
at <- function(entry, formula, parameters) {
  parts <- glFormula(formula, data = whole, family = binomial)
  deviance <- do.call(mkGlmerDevfun, c(parts, list(control = last())))
  deviance(parts$reTrms$theta)
  deviance <- updateGlmerDevfun(deviance, parts$reTrms)
  say(entry, "logLik at", value = -deviance(parameters) / 2)
}
at("slopes", low ~ treatment * month + (month | subject), c(2.34, 0.14, 0.92, -2.92, 1.28, 0.36, 0.51))
at("slopes apart", low ~ treatment * month + (month || subject), c(2.54, 0.95, -3.03, 1.3, 0.4, 0.51))

modes <- as.data.frame(ranef(one, condVar = TRUE))
for (row in c(1, 2, 50)) {
  say("laplace", "modes", as.character(modes$grp[[row]]), "mode", value = modes$condval[[row]])
  say("laplace", "modes", as.character(modes$grp[[row]]), "se", value = modes$condsd[[row]])
}
limits <- suppressMessages(confint(one, method = "profile", quiet = TRUE))
for (name in rownames(limits)) {
  say("laplace", "profile", name, "low", value = limits[name, 1])
  say("laplace", "profile", name, "high", value = limits[name, 2])
}

sessions <- read_data("implement_gad_sessions", "implement_gad_sessions_derived.csv")
sessions <- sessions[!is.na(sessions$bai), ]
sessions$low <- as.numeric(sessions$bai < median(sessions$bai))
tell("nested", glmer(low ~ session + (1 | therapist / patient), sessions, binomial, control = last()))

nhs <- read_data("nhs_talking_therapies", "provider_recovery_glmm_input.csv")
nhs$therapy <- relevel(factor(nhs$therapy_type), "Cognitive Behaviour Therapy (CBT)")
nhs$year <- factor(nhs$reporting_period)
nhs$org <- factor(nhs$org_code)
counts <- cbind(nhs$ther_recovery_count, nhs$fail)
tell("providers", glmer(counts ~ therapy + year + (1 | org), nhs, binomial, control = last()))
tell("crossed", glmer(counts ~ therapy + (1 | org) + (1 | year), nhs, binomial, control = last()))

equations <- function(entry, formula, data, id, ...) {
  exact <- geese.control(epsilon = 1e-13, maxit = 500)
  fit <- do.call(geeglm, list(formula, id = id, data = data, ..., control = exact))
  table <- coef(summary(fit))
  say_table(paste0(entry, "/coef"), rownames(table), table, c(Estimate = "estimate", Std.err = "se"))
  say(entry, "alpha", value = fit$geese$alpha)
}
equations("gee logit exchangeable", low ~ treatment * month, whole, whole$subject, family = binomial, corstr = "exchangeable")
equations("gee logit ar1", low ~ treatment * month, whole, whole$subject, family = binomial, corstr = "ar1")
equations("gee exchangeable", bdi ~ treatment * month, whole, whole$subject, corstr = "exchangeable")
equations("gee ar1", bdi ~ treatment * month, whole, whole$subject, corstr = "ar1")
