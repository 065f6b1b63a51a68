# Growth models of growth_mixed.json, derived again with lme4, lmerTest, pbkrtest, nlme, emmeans.
source("say.R")
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(nlme); library(emmeans)})

tell <- function(entry, fit, kenward_roger = FALSE) {
  say(entry, "logLik", value = logLik(fit))
  say(entry, "sigma", value = sigma(fit))
  table <- coef(summary(fit))
  say_table(paste0(entry, "/fixef"), rownames(table), table,
            c(Estimate = "estimate", "Std. Error" = "se", df = "df_satterthwaite"))
  parts <- as.data.frame(VarCorr(fit))
  for (row in seq_len(nrow(parts))) say(entry, "varcorr", row - 1, "vcov", value = parts$vcov[[row]])
  if (kenward_roger) {
    table <- coef(summary(fit, ddf = "Kenward-Roger"))
    say_table(paste0(entry, "/kenward_roger"), rownames(table), table, c("Std. Error" = "se", df = "df"))
  }
}

post <- read_data("BtheB", "BtheB_long_post.csv")
post$treatment <- factor(post$treatment, levels = c("TAU", "BtheB"))
post$length <- factor(post$length, levels = c("<6m", ">6m"))
whole <- read_data("BtheB", "BtheB_long_all.csv")
whole$treatment <- factor(whole$treatment, levels = c("TAU", "BtheB"))

tell("BtheB_HSAUR_ri_ML", lmer(bdi ~ bdi.pre + month + drug + treatment + length + (1 | subject), post, REML = FALSE))
tell("BtheB_HSAUR_rs_ML", lmer(bdi ~ bdi.pre + month + drug + treatment + length + (month | subject), post, REML = FALSE))
tell("BtheB_gxt_ri_REML", lmer(bdi ~ treatment * month + (1 | subject), whole), TRUE)
slopes <- lmer(bdi ~ treatment * month + (month | subject), whole)
tell("BtheB_gxt_rs_REML", slopes, TRUE)
tell("BtheB_gxt_rs_ML", lmer(bdi ~ treatment * month + (month | subject), whole, REML = FALSE))
tell("BtheB_gxt_rs_uncor_REML", lmer(bdi ~ treatment * month + (month || subject), whole))

within <- lme(bdi ~ treatment * month, random = ~ 1 | subject,
              correlation = corCAR1(form = ~ month | subject), data = na.omit(whole))
say("BtheB_gxt_ri_ar1_nlme_REML", "logLik", value = logLik(within))
say("BtheB_gxt_ri_ar1_nlme_REML", "Phi", value = coef(within$modelStruct$corStruct, unconstrained = FALSE))

test <- anova(lmer(bdi ~ treatment * month + (1 | subject), whole, REML = FALSE),
              lmer(bdi ~ treatment * month + (month | subject), whole, REML = FALSE))
say("BtheB_LRT_ri_vs_rs_ML", "chisq", value = test$Chisq[[2]])
say("BtheB_LRT_ri_vs_rs_ML", "p", value = test$`Pr(>Chisq)`[[2]])

for (how in c("satterthwaite", "kenward-roger")) {
  entry <- if (how == "satterthwaite") "BtheB_gxt_rs_emmeans" else "BtheB_gxt_rs_emmeans_KR"
  means <- emmeans(slopes, ~ treatment | month, at = list(month = c(0, 2, 3, 5, 8)), lmer.df = how)
  apart <- as.data.frame(contrast(means, "trt.vs.ctrl"))
  for (row in seq_len(nrow(apart))) {
    for (name in c("estimate", "SE", "df")) say(entry, "contrasts", row - 1, name, value = apart[row, name])
  }
}

sessions <- read_data("implement_gad_sessions", "implement_gad_sessions_derived.csv")
sessions$patient <- factor(sessions$patient)
sessions$therapist <- factor(sessions$therapist)
tell("implement_bai_3level_REML", lmer(bai ~ session + (session | patient) + (1 | therapist), sessions), TRUE)
tell("implement_bai_2level_REML", lmer(bai ~ session + (session | patient), sessions), TRUE)
tell("implement_wai_3level_REML", lmer(wai ~ session + (session | patient) + (1 | therapist), sessions), TRUE)
tell("implement_wai_icc_null", lmer(wai ~ 1 + (1 | therapist) + (1 | patient), sessions))
tell("implement_lagged_alliance_REML", lmer(bai ~ bai_lag + wai_w_lag + wai_b + session + (1 | patient), sessions), TRUE)
