# estimators.json, for comparison/estimators on the lalonde data: CR2 with Satterthwaite df of
# weighted and interacted regressions (clubSandwich), stacked estimating equations of
# g-computation, AIPW and ratios (base R, derivatives taken numerically), and a weighted
# Aalen-Johansen curve with its robust standard error and restricted mean (survival).
source("say.R")
suppressPackageStartupMessages({library(clubSandwich); library(survival)})
d <- read_data("lalonde", "lalonde_cobalt.csv")
X <- scale(cbind(d$age, d$educ, d$race == "black", d$race == "hispan", d$married, d$nodegree,
                 d$re74, d$re75))
z <- d$treat; y <- d$re78; b <- as.numeric(y > 5000)
one <- cbind(1, X)
tight <- glm.control(epsilon = 1e-14, maxit = 100)
e <- fitted(glm(z ~ X, family = binomial, control = tight))
out <- list()

cr2 <- function(fit, cluster) {
  t <- coef_test(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  row <- t[rownames(t) == "z" | t$Coef == "z", ][1, ]
  list(est = row$beta, se = row$SE, df = row$df_Satt)
}
w <- list(ATE = z / e + (1 - z) / (1 - e), ATT = z + (1 - z) * e / (1 - e),
          ATO = z * (1 - e) + (1 - z) * e)
for (name in names(w)) {
  d$w <- w[[name]]
  out[[paste0("cr2_weighted_", name)]] <- cr2(lm(y ~ z, weights = d$w), d$age)
  out[[paste0("cr2_weighted_adjusted_", name)]] <- cr2(lm(y ~ z + X, weights = d$w), d$age)
}
out$cr2_interacted_ATE <- cr2(lm(y ~ z * X), d$age)
out$hc2_interacted_ATE <- cr2(lm(y ~ z * X), seq_along(y))

# Sandwich of stacked estimating functions psi(theta) -> n x p, at the root theta.
stacked <- function(psi, theta, gradient) {
  n <- nrow(psi(theta)); p <- length(theta); A <- matrix(0, p, p)
  for (j in 1:p) {
    h <- 1e-5 * max(1, abs(theta[j])); up <- down <- theta; up[j] <- up[j] + h; down[j] <- down[j] - h
    A[, j] <- -(colSums(psi(up)) - colSums(psi(down))) / (2 * h)
  }
  S <- psi(theta); V <- solve(A) %*% crossprod(S) %*% t(solve(A))
  sqrt(drop(t(gradient) %*% V %*% gradient))
}
k <- ncol(one)
tilt <- list(ATE = function(e) 1 + 0 * e, ATT = function(e) z, ATO = function(e) e * (1 - e))
for (kind in c("linear", "logistic")) {
  out_y <- if (kind == "linear") y / 1000 else b
  link <- if (kind == "linear") identity else plogis
  fit <- function(rows) {
    if (kind == "linear") return(coef(lm(out_y ~ X, subset = rows)))
    coef(glm(out_y ~ X, family = binomial, subset = rows, control = tight))
  }
  b0 <- fit(z == 0); b1 <- fit(z == 1); g <- coef(glm(z ~ X, family = binomial, control = tight))
  for (name in names(tilt)) for (augmented in c(FALSE, TRUE)) {
    psi <- function(th) {
      gg <- th[1:k]; c0 <- th[k + 1:k]; c1 <- th[2 * k + 1:k]; mu <- th[3 * k + 1:2]
      e <- plogis(drop(one %*% gg)); m0 <- link(drop(one %*% c0)); m1 <- link(drop(one %*% c1))
      h <- tilt[[name]](e)
      h1 <- if (name == "ATT") z else z * h / e
      h0 <- if (name == "ATT") (1 - z) * e / (1 - e) else (1 - z) * h / (1 - e)
      a <- as.numeric(augmented)
      cbind(one * (z - e), one * (1 - z) * (out_y - m0), one * z * (out_y - m1),
            h * (m0 - mu[1]) + a * h0 * (out_y - m0), h * (m1 - mu[2]) + a * h1 * (out_y - m1))
    }
    start <- c(g, b0, b1, 0, 0); s <- colSums(psi(start))[3 * k + 1:2]
    h <- tilt[[name]](plogis(drop(one %*% g)))
    mu <- s / sum(h); theta <- c(g, b0, b1, mu)
    diff <- c(rep(0, 3 * k), -1, 1); ratio <- c(rep(0, 3 * k), -1 / mu[1], 1 / mu[2])
    id <- paste(if (augmented) "aipw" else "gcomp", kind, name, sep = "_")
    out[[id]] <- list(reference = mu[1], other = mu[2], se = stacked(psi, theta, diff),
                      se_log_ratio = stacked(psi, theta, ratio))
  }
}
# Weighted log ratio of risks, weights estimated.
for (name in names(w)) {
  psi <- function(th) {
    e <- plogis(drop(one %*% th[1:k])); h <- tilt[[name]](e)
    h1 <- if (name == "ATT") z else z * h / e
    h0 <- if (name == "ATT") (1 - z) * e / (1 - e) else (1 - z) * h / (1 - e)
    cbind(one * (z - e), h0 * (b - th[k + 1]), h1 * (b - th[k + 2]))
  }
  g <- coef(glm(z ~ X, family = binomial, control = tight)); ww <- w[[name]]
  mu <- c(weighted.mean(b[z == 0], ww[z == 0]), weighted.mean(b[z == 1], ww[z == 1]))
  out[[paste0("weighted_ratio_", name)]] <- list(
    reference = mu[1], other = mu[2],
    se = stacked(psi, c(g, mu), c(rep(0, k), -1 / mu[1], 1 / mu[2])))
}
# Survival: times are years of schooling, the ending is made of earnings; only the arithmetic counts.
time <- d$educ + 1; cause <- ifelse(d$re75 == 0, 0, ifelse(d$re78 > 5000, 1, 2))
f <- survfit(Surv(time, factor(cause, 0:2, c("open", "reached", "left"))) ~ 1,
             weights = w$ATO, id = seq_along(time), robust = TRUE)
at <- summary(f, times = 12)
out$incidence <- list(reached = at$pstate[2], se = at$std.err[2], left = at$pstate[3],
                      lost = unname(summary(f, rmean = 12)$table["reached", "rmean"]))
for (entry in names(out)) for (name in names(out[[entry]])) say(entry, name, value = out[[entry]][[name]])
