# Models for repeated measures of mmrm.json that nlme can fit (R's mmrm is no Debian package).
# gls stops on a flat optimum: with the rows in another order its numbers move by up to 8e-5.
source("say.R")
suppressPackageStartupMessages({library(nlme); library(emmeans)})

tell <- function(entry, fit) {
  say(entry, "logLik", value = logLik(fit))
  say(entry, "sigma", value = fit$sigma)
  table <- summary(fit)$tTable
  say_table(paste0(entry, "/fixef"), rownames(table), table, c(Value = "estimate", "Std.Error" = "se"))
}

post <- read_data("BtheB", "BtheB_long_post.csv")
post$treatment <- factor(post$treatment, levels = c("TAU", "BtheB"))
post$visit <- factor(post$month)
post$place <- as.integer(post$visit)
post$subject <- factor(post$subject)
unstructured <- function(method) gls(
  bdi ~ bdi.pre + treatment * visit, data = na.omit(post), method = method,
  correlation = corSymm(form = ~ place | subject), weights = varIdent(form = ~ 1 | visit))
tell("BtheB_gls_UN_REML", unstructured("REML"))
tell("BtheB_gls_UN_ML", unstructured("ML"))

trial <- read_data("antidepressant_trial", "antidepressant_data.csv")
trial$THERAPY <- factor(trial$THERAPY, levels = c("PLACEBO", "DRUG"))
trial$VISIT <- factor(trial$VISIT)
trial$place <- as.integer(trial$VISIT)
tell("antidep_gls_UN_REML", gls(
  CHANGE ~ BASVAL * VISIT + THERAPY * VISIT, data = trial[!is.na(trial$CHANGE), ],
  correlation = corSymm(form = ~ place | PATIENT), weights = varIdent(form = ~ 1 | VISIT)))
