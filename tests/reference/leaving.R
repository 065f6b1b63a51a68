# Numbers of tests/models/test_models_leaving_*.py, made with R's survival package (3.5) and glm.
#
#   Rscript tests/reference/leaving.R SHARED
#
# SHARED is the folder with data/ and reference/. The script derives the entries of
# reference/survival_dropout.json anew and prints the largest difference of each, then the
# literals that the tests hold. Exit code 1 where an entry differs by more than 1e-6.

suppressMessages({
  library(survival)
  library(jsonlite)
})
options(digits = 15)
given <- commandArgs(trailingOnly = TRUE)
shared <- if (length(given)) given[[1]] else Sys.getenv("OUTCOMES_SHARED")
known <- fromJSON(file.path(shared, "reference", "survival_dropout.json"))
btheb <- read.csv(file.path(shared, "data", "BtheB", "BtheB_dropout.csv"))
btheb$treatment <- factor(btheb$treatment, c("TAU", "BtheB"))
trial <- read.csv(file.path(shared, "data", "antidepressant_trial", "antidepressant_dropout.csv"))
trial$THERAPY <- factor(trial$THERAPY, c("PLACEBO", "DRUG"))
failed <- FALSE

compare <- function(name, found, expected, tolerance = 1e-6) {
  found <- as.numeric(unlist(found))
  expected <- as.numeric(unlist(expected))
  gap <- max(abs(found - expected), na.rm = TRUE)
  good <- gap <= tolerance && identical(is.na(found), is.na(expected))
  if (!good) failed <<- TRUE
  cat(sprintf("%-28s %.2e %s\n", name, gap, if (good) "" else "DIFFERS"))
}

cox_entry <- function(name, fit) {
  s <- summary(fit)
  k <- known[[name]]
  compare(paste(name, "coef"), coef(fit), k$coef$coef)
  compare(paste(name, "se"), s$coefficients[, "se(coef)"], k$coef$se.coef.)
  compare(paste(name, "loglik"), fit$loglik, k$loglik)
  compare(paste(name, "score"), s$sctest, k$score)
  compare(paste(name, "concordance"), s$concordance, k$concordance)
}

one <- Surv(time, event) ~ treatment
all4 <- Surv(time, event) ~ treatment + bdi.pre + drug + length
for (ties in c("efron", "breslow", "exact")) {
  cox_entry(paste0("BtheB_cox_", ties), coxph(one, btheb, ties = ties))
  cox_entry(paste0("BtheB_cox_adj_", ties), coxph(all4, btheb, ties = ties))
}
efron <- coxph(all4, btheb, ties = "efron")
compare("BtheB_cox_zph", cox.zph(efron)$table, known$BtheB_cox_zph[, c("chisq", "df", "p")])
robust <- coxph(all4, btheb, ties = "efron", cluster = subject)
compare("BtheB_cox_adj_robust", sqrt(diag(vcov(robust))), known$BtheB_cox_adj_robust$coef$robust.se)
for (type in c("log", "log-log", "plain")) {
  k <- known[[paste0("BtheB_km_", type)]]
  s <- summary(survfit(one, btheb, conf.type = type))
  compare(paste("BtheB_km", type), c(s$surv, s$std.err, s$lower, s$upper),
          c(k$curve$surv, k$curve$se, k$curve$lower, k$curve$upper))
}
s <- summary(survfit(Surv(time, event) ~ THERAPY, trial))
compare("antidep_km", c(s$surv, s$std.err, s$lower, s$upper),
        with(known$antidep_km$curve, c(surv, se, lower, upper)))
compare("antidep_logrank", survdiff(Surv(time, event) ~ THERAPY, trial)$chisq, known$antidep_logrank$chisq)
cox_entry("antidep_cox_efron", coxph(Surv(time, event) ~ THERAPY + BASVAL + GENDER, trial))
compare("BtheB_logrank", survdiff(one, btheb)$chisq, known$BtheB_logrank$chisq)
compare("BtheB_peto_rho1", survdiff(one, btheb, rho = 1)$chisq, known$BtheB_peto_rho1$chisq)
mean8 <- summary(survfit(one, btheb), rmean = 8)$table[, c("rmean", "se(rmean)")]
compare("BtheB_rmst_tau8", t(mean8), known$BtheB_rmst_tau8)

visits <- sort(unique(btheb$time))
periods <- do.call(rbind, lapply(seq_len(nrow(btheb)), function(i) {
  at <- visits[visits <= btheb$time[i]]
  data.frame(btheb[rep(i, length(at)), ], interval = at,
             y = as.numeric(at == btheb$time[i] & btheb$event[i] == 1), row.names = NULL)
}))
for (link in c("logit", "cloglog")) {
  k <- known[[paste0("BtheB_discrete_", link)]]
  model <- y ~ factor(interval) + treatment + bdi.pre
  loose <- glm(model, binomial(link), periods)
  compare(paste("BtheB_discrete", link), c(coef(loose), sqrt(diag(vcov(loose))), deviance(loose)),
          c(k$coef$estimate, k$coef$se, k$deviance))
  # The default glm stops when the deviance moves by less than 1e-8 of itself, and takes its
  # covariance from the step before: up to 1e-5 off. The tests hold these tight numbers.
  tight <- glm(model, binomial(link), periods, epsilon = 1e-15, maxit = 100)
  tight <- glm(model, binomial(link), periods, start = coef(tight), epsilon = 1e-15, maxit = 100)
  cat("tight", link, "coef\n"); print(unname(coef(tight)))
  cat("tight", link, "se\n"); print(unname(sqrt(diag(vcov(tight)))))
}

cat("\nLiterals: twelve people, two ways of ending, four clusters\n")
time <- c(1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10)
cause <- c(1, 2, 1, 0, 2, 1, 0, 1, 2, 0, 1, 0)
cluster <- c(1, 1, 2, 2, 3, 3, 4, 4, 1, 2, 3, 4)
many <- survfit(Surv(time, factor(cause, 0:2)) ~ 1, id = 1:12, influence = TRUE)
print(cbind(time = many$time, many$pstate[, 2:3], many$std.err[, 2:3]))
by_cluster <- apply(many$influence.pstate, 2:3, function(u) sqrt(sum(rowsum(u, cluster)^2)))
print(by_cluster[-1, 2:3])
km <- survfit(Surv(time, cause > 0) ~ 1, cluster = cluster)
print(cbind(km$time, km$surv, km$std.err))
alone <- survfit(Surv(time, cause > 0) ~ 1)
print(summary(alone, rmean = 8)$table[c("rmean", "se(rmean)", "median", "0.95LCL", "0.95UCL")])
print(sqrt(sum(rowsum(residuals(alone, times = 8, type = "auc"), cluster)^2)))
print(cbind(alone$cumhaz, alone$std.chaz))

cat("\nLiterals: Cox with strata and clusters on BtheB\n")
site <- btheb$subject %% 12
strata_fit <- coxph(Surv(time, event) ~ treatment + bdi.pre + strata(drug), btheb, cluster = site)
print(coef(strata_fit)); print(sqrt(diag(vcov(strata_fit)))); print(strata_fit$loglik)
print(summary(strata_fit)$concordance); print(cox.zph(strata_fit)$table)
out <- sapply(sort(unique(site)), function(g) coef(coxph(one, btheb[site != g, ])))
cat("jackknife over clusters, refitted:", sqrt(11 / 12 * sum((out - mean(out))^2)), "\n")

cat("\nLiterals: weights for dropout on BtheB\n")
long <- read.csv(file.path(shared, "data", "BtheB", "BtheB_long_post.csv"))
wide <- read.csv(file.path(shared, "data", "BtheB", "BtheB.csv"))
months <- c(2, 3, 5, 8)
scores <- as.matrix(wide[, paste0("bdi.", months, "m")])
seen <- !is.na(scores)
last <- apply(seen, 1, function(r) if (any(r)) max(which(r)) else 0)
rows <- do.call(rbind, lapply(seq_len(nrow(wide)), function(i) {
  before <- c(wide$bdi.pre[i], scores[i, 1:3])
  for (j in 2:4) if (is.na(before[j])) before[j] <- before[j - 1]
  k <- which(seq_along(months) - 1 <= last[i])
  data.frame(i = i, k = k, stays = as.numeric(last[i] >= k), treatment = wide$treatment[i],
             drug = wide$drug[i], pre = wide$bdi.pre[i], before = before[k])
}))
tight <- glm.control(epsilon = 1e-14, maxit = 100)
below <- glm(stays ~ factor(k) + treatment + drug + pre + before + before:treatment, binomial, rows, control = tight)
above <- glm(stays ~ factor(k) + treatment, binomial, rows, control = tight)
rows$ratio <- fitted(above) / fitted(below)
rows$weight <- ave(rows$ratio, rows$i, FUN = cumprod)
rows <- rows[seen[cbind(rows$i, rows$k)], ]
print(coef(below))
cat("sum, min, max of weights:", sum(rows$weight), min(rows$weight), max(rows$weight), "\n")
limits <- quantile(rows$weight, c(.01, .99))
cat("limits:", limits, "\n")
rows$cut <- pmin(pmax(rows$weight, limits[1]), limits[2])
rows$y <- scores[cbind(rows$i, rows$k)]
at8 <- rows[rows$k == 4, ]
print(tapply(at8$cut * at8$y, at8$treatment, sum) / tapply(at8$cut, at8$treatment, sum))
print(coef(lm(y ~ treatment + pre + (drug == "Yes"), at8, weights = cut))[2])
quit(status = if (failed) 1 else 0)
