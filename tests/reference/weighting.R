# Weights for two and three arms on the lalonde data: glm and multinom solved to rounding, Firth by
# augmented data, entropy balancing by its dual, stacked estimating equations by numerical derivatives.
source("say.R")
suppressPackageStartupMessages({library(nnet); library(Hmisc)})

d <- read_data("lalonde", "lalonde_cobalt.csv")
rows <- c(1, 2, 200, 614)
known <- treat ~ age + educ + I(race == "black") + I(race == "hispan") + married + nodegree + re74 + re75
X <- model.matrix(known, d)
t <- d$treat
y <- d$re78

# Logistic propensity, the score solved to rounding.
fit <- glm(known, binomial, d, control = list(epsilon = 1e-15, maxit = 100))
e <- fitted(fit)
weights <- list(
  ATE = ifelse(t == 1, 1 / e, 1 / (1 - e)), ATT = ifelse(t == 1, 1, e / (1 - e)),
  ATC = ifelse(t == 1, (1 - e) / e, 1), ATO = ifelse(t == 1, 1 - e, e),
  ATM = pmin(e, 1 - e) / ifelse(t == 1, e, 1 - e))
for (name in names(weights)) {
  for (row in rows) say("glm", name, row, value = weights[[name]][row])
  say("glm", name, "sum", value = sum(weights[[name]]))
}

# Firth: h/2 is added to the cases and h/2 to the others, until nothing moves (Kosmidis and Firth 2009).
e <- rep(mean(t), length(t))
for (step in 1:2000) {
  s <- e * (1 - e)
  h <- s * rowSums((X %*% solve(crossprod(X * sqrt(s)))) * X)
  z <- (t + h / 2) / (1 + h)
  again <- suppressWarnings(glm.fit(X, z, weights = 1 + h, family = binomial(),
                                    control = list(epsilon = 1e-15, maxit = 100)))
  moved <- max(abs(again$fitted.values - e))
  e <- again$fitted.values
  if (moved < 1e-14) break
}
for (term in seq_along(coef(again))) say("firth", term - 1, value = coef(again)[[term]])
for (row in rows) say("firth", "e", row, value = e[row])

# Entropy balancing by its dual; the standard error from stacked equations, differentiated numerically.
S <- scale(X[, -1])
S <- cbind(1, S)
dual <- function(A, target) {
  l <- c(log(target[1] / nrow(A)), rep(0, ncol(A) - 1))
  for (step in 1:200) {
    w <- exp(drop(A %*% l))
    move <- solve(crossprod(A * sqrt(w)), target - colSums(A * w))
    value <- function(k) sum(exp(drop(A %*% (l + k * move)))) - sum((l + k * move) * target)
    k <- 1
    while (value(k) > value(0) + 1e-14 * abs(value(0)) && k > 1e-8) k <- k / 2
    l <- l + k * move
    if (max(abs(k * move)) < 1e-14) break
  }
  l
}
jacobian <- function(f, at) sapply(seq_along(at), function(j) {
  step <- 1e-5
  up <- at; up[j] <- up[j] + step
  down <- at; down[j] <- down[j] - step
  (f(up) - f(down)) / (2 * step)
})
entropy <- function(name, target, arms) {
  p <- ncol(S)
  lambda <- unlist(lapply(arms, function(arm) dual(S[arm, ], colSums(S[target, ]))))
  weight <- function(l) {
    w <- as.numeric(target)
    for (a in seq_along(arms)) w[arms[[a]]] <- exp(drop(S[arms[[a]], ] %*% l[(a - 1) * p + 1:p]))
    w
  }
  psi <- function(theta) {
    l <- theta[seq_along(lambda)]
    mu <- theta[length(lambda) + 1:2]
    w <- weight(l)
    own <- do.call(cbind, lapply(arms, function(arm) (target - w * arm) * S))
    cbind(own, w * t * (y - mu[1]), w * (1 - t) * (y - mu[2]))
  }
  w <- weight(lambda)
  mu <- c(weighted.mean(y[t == 1], w[t == 1]), weighted.mean(y[t == 0], w[t == 0]))
  theta <- c(lambda, mu)
  A <- jacobian(function(at) colSums(psi(at)), theta)
  V <- solve(A) %*% crossprod(psi(theta)) %*% t(solve(A))
  contrast <- c(rep(0, length(lambda)), 1, -1)
  say("entropy", name, "estimate", value = mu[1] - mu[2])
  say("entropy", name, "se", value = sqrt(drop(contrast %*% V %*% contrast)))
  for (arm in 0:1) say("entropy", name, paste0("ess", arm),
                       value = sum(w[t == arm])^2 / sum(w[t == arm]^2))
}
entropy("ATE", rep(TRUE, length(t)), list(t == 1, t == 0))
entropy("ATT", t == 1, list(t == 0))
entropy("ATC", t == 0, list(t == 1))

# Crump and others: the set with the least sum of 1 / (e (1 - e)) over its size squared, by looking at all.
e <- fitted(fit)
g <- 1 / (e * (1 - e))
bounds <- sort(g)
variance <- sapply(bounds, function(b) sum(g[g <= b]) / sum(g <= b)^2)
best <- bounds[which.min(variance)]
say("crump", "limit", value = 0.5 - sqrt(0.25 - 1 / best))
say("crump", "kept", value = sum(g <= best))

# Restricted cubic splines.
knots <- quantile(d$age, c(0.05, 0.35, 0.65, 0.95))
bent <- rcspline.eval(d$age, knots)
for (row in rows) for (b in 1:2) say("spline", row, b, value = bent[row, b])

# Three arms: the words of `race` stand for arms.
three <- multinom(race ~ scale(age) + scale(educ) + married + nodegree + scale(re74), d,
                  reltol = 1e-16, abstol = 1e-16, maxit = 5000, trace = FALSE)
# multinom stops early; Newton from there solves the score.
Z <- model.matrix(three)
labels <- c("white", "black", "hispan")
B <- matrix(0, ncol(Z), 2)
start <- coef(three)                                    # against "black"
B[, 1] <- -start["white", ]
B[, 2] <- start["hispan", ] - start["white", ]
Y <- sapply(labels[-1], function(name) as.numeric(d$race == name))
for (step in 1:50) {
  eta <- exp(Z %*% B)
  P <- eta / (1 + rowSums(eta))
  score <- c(crossprod(Z, Y - P))
  I <- rbind(cbind(crossprod(Z * (P[, 1] * (1 - P[, 1])), Z), crossprod(Z * (-P[, 1] * P[, 2]), Z)),
             cbind(crossprod(Z * (-P[, 1] * P[, 2]), Z), crossprod(Z * (P[, 2] * (1 - P[, 2])), Z)))
  move <- solve(I, score)
  B <- B + matrix(move, ncol = 2)
  if (max(abs(move)) < 1e-13) break
}
P <- cbind(white = 1 - rowSums(P), P)
colnames(P) <- labels
# How far nnet's own fit lies from the solved one, so that the two can be seen to be the same model.
say("multinom", "apart", value = max(abs(fitted(three)[, labels] - P)))
for (row in rows) for (name in labels) say("multinom", "e", row, name, value = P[row, name])
own <- P[cbind(seq_len(nrow(P)), match(d$race, labels))]
tilts <- list(ATE = rep(1, nrow(P)), ATT = P[, "black"], ATO = 1 / rowSums(1 / P),
              ATM = apply(P, 1, min))
for (name in names(tilts)) {
  w <- tilts[[name]] / own
  for (arm in labels) {
    mine <- d$race == arm
    say("multinom", name, arm, "mean", value = weighted.mean(y[mine], w[mine]))
    say("multinom", name, arm, "ess", value = sum(w[mine])^2 / sum(w[mine]^2))
  }
}
