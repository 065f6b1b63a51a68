# Actor-partner models of apim.json, derived again with nlme and lme4 (the lavaan entries are not:
# they are held by the likelihoods and closed forms of these models).
source("say.R")
suppressPackageStartupMessages({library(nlme); library(lme4)})

pairs <- read_data("acitelli", "acipair.csv")
pairs$wif <- as.numeric(pairs$Gender_A == "Wife")
pairs$hus <- 1 - pairs$wif
pairs$gen <- pairs$hus - pairs$wif
pairs$role <- factor(pairs$Gender_A, levels = c("Wife", "Husband"))
pairs <- pairs[order(pairs$CoupleID, pairs$Partnum), ]

tell <- function(entry, fit) {
  say(entry, "logLik", value = logLik(fit))
  say(entry, "sigma", value = fit$sigma)
  table <- summary(fit)$tTable
  say_table(paste0(entry, "/fixef"), rownames(table), table,
            c(Value = "estimate", "Std.Error" = "se", "t-value" = "t"))
  say(entry, "rho", value = coef(fit$modelStruct$corStruct, unconstrained = FALSE))
}

together <- corCompSymm(form = ~ 1 | CoupleID)
by_role <- varIdent(form = ~ 1 | role)
models <- list(
  empty_indist = list(Satisfaction_A ~ 1, NULL),
  apim_indist = list(Satisfaction_A ~ SelfPos_A + OtherPos_A + OtherPos_P, NULL),
  apim_indist_simple = list(Satisfaction_A ~ OtherPos_A + OtherPos_P, NULL),
  apim_dist_interaction = list(Satisfaction_A ~ gen * (OtherPos_A + OtherPos_P), by_role),
  apim_dist_two_intercept = list(
    Satisfaction_A ~ 0 + wif + hus + wif:OtherPos_A + hus:OtherPos_A + wif:OtherPos_P + hus:OtherPos_P, by_role),
  apim_tension_dist_two_intercept = list(
    Satisfaction_A ~ 0 + wif + hus + wif:Tension_A + hus:Tension_A + wif:Tension_P + hus:Tension_P, by_role))

found <- list()
for (method in c("REML", "ML")) for (name in names(models)) {
  fit <- do.call(gls, list(model = models[[name]][[1]], data = quote(pairs), correlation = together,
                           weights = models[[name]][[2]], method = method))
  entry <- paste0(name, "_", method)
  tell(entry, fit)
  found[[entry]] <- fit
}

ratio <- 2 * (logLik(found$apim_dist_two_intercept_ML) - logLik(found$apim_indist_simple_ML))
say("distinguishability_LRT_ML", "LR", value = ratio)
say("distinguishability_LRT_ML", "p", value = pchisq(as.numeric(ratio), 4, lower.tail = FALSE))

mixed <- lmer(Satisfaction_A ~ OtherPos_A + OtherPos_P + (1 | CoupleID), pairs)
say("apim_indist_lmer_REML", "logLik", value = logLik(mixed))
variances <- as.data.frame(VarCorr(mixed))
for (row in 1:2) say("apim_indist_lmer_REML", "varcorr", row - 1, "vcov", value = variances$vcov[[row]])
