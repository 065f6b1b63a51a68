# Estimating equations and logistic mixed models of misc.json, derived again with geepack and lme4.
source("say.R")
suppressPackageStartupMessages({library(lme4); library(geepack)})

whole <- read_data("BtheB", "BtheB_long_all.csv")
whole <- whole[!is.na(whole$bdi), ]
whole$treatment <- factor(whole$treatment, levels = c("TAU", "BtheB"))
whole$low <- as.numeric(whole$bdi < 14)

equations <- function(entry, formula, ...) {
  fit <- do.call(geeglm, list(formula, id = whole$subject, data = whole, ...))
  table <- coef(summary(fit))
  say_table(paste0(entry, "/coef"), rownames(table), table,
            c(Estimate = "estimate", Std.err = "robust_se", Wald = "wald"))
  if (length(fit$geese$alpha)) say(entry, "alpha", value = fit$geese$alpha)
}
for (kind in c("independence", "exchangeable", "ar1")) {
  equations(paste0("BtheB_gee_", kind), bdi ~ treatment * month, corstr = kind)
}
equations("BtheB_gee_logit_bdi_lt14", low ~ treatment * month, family = binomial, corstr = "exchangeable")

for (points in c(1, 25)) {
  entry <- if (points == 1) "BtheB_glmer_laplace" else "BtheB_glmer_agq25"
  fit <- glmer(low ~ treatment * month + (1 | subject), whole, binomial, nAGQ = points)
  table <- coef(summary(fit))
  say_table(paste0(entry, "/coef"), rownames(table), table, c(Estimate = "estimate", "Std. Error" = "se"))
  say(entry, "sd_subject", value = attr(VarCorr(fit)$subject, "stddev"))
  say(entry, "logLik", value = logLik(fit))
}
