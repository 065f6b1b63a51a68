# Dyadic growth, and small-sample inference for couples, with nlme, lmerTest and pbkrtest.
# Run: Rscript growth.R DATA > growth.tsv, where DATA is the folder of the shared data; prints
# "entry/path <TAB> value".
suppressPackageStartupMessages({library(nlme); library(lme4); library(lmerTest); library(pbkrtest)})
arguments <- commandArgs(trailingOnly = TRUE)

say <- function(..., value) {
  for (one in as.numeric(value)) cat(paste(..., sep = "/"), "\t", sprintf("%.17g", one), "\n", sep = "")
}
say_rows <- function(entry, names, table, columns) {
  for (row in seq_along(names)) for (one in names(columns)) {
    say(entry, names[[row]], columns[[one]], value = table[row, one])
  }
}

rows <- read.csv("growth.csv", stringsAsFactors = FALSE)
rows$wife <- as.numeric(rows$role == "wife")
rows$husband <- 1 - rows$wife
rows$wife_time <- rows$wife * rows$time
rows$husband_time <- rows$husband * rows$time
rows$role <- factor(rows$role, levels = c("husband", "wife"))
rows <- rows[order(rows$couple, rows$time, rows$role), ]

# Both partners' courses, residuals correlated at one occasion and heterogeneous by role.
control <- lmeControl(maxIter = 500, msMaxIter = 1000, msMaxEval = 5000, tolerance = 1e-10,
                      msTol = 1e-11, niterEM = 100)
for (method in c("REML", "ML")) {
  fit <- lme(score ~ 0 + husband + wife + husband_time + wife_time,
             random = ~ 0 + husband + husband_time + wife + wife_time | couple,
             correlation = corCompSymm(form = ~ 1 | couple / time),
             weights = varIdent(form = ~ 1 | role), data = rows, method = method, control = control)
  entry <- paste0("course_", method)
  say(entry, "logLik", value = logLik(fit))
  table <- summary(fit, adjustSigma = FALSE)$tTable
  say_rows(entry, rownames(table), table, c(Value = "estimate", "Std.Error" = "se"))
  # The reference stratum of varIdent is that of the first row, so strata are taken by name.
  strata <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
  for (role in levels(rows$role)) say(entry, "sigma", role, value = fit$sigma * strata[[role]])
  say(entry, "rho", value = coef(fit$modelStruct$corStruct, unconstrained = FALSE))
  G <- as.matrix(getVarCov(fit))
  for (a in 1:4) for (b in 1:a) say(entry, "G", rownames(G)[[a]], rownames(G)[[b]], value = G[a, b])
}

# Starts only, equal and uncorrelated residuals: the degrees of freedom of lmerTest and pbkrtest.
simple <- lmer(score ~ 0 + husband + wife + husband_time + wife_time +
                 (0 + husband + husband_time + wife + wife_time | couple), rows,
               control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)))
say("independent", "logLik", value = logLik(simple))
for (how in c("Satterthwaite", "Kenward-Roger")) {
  table <- coef(summary(simple, ddf = how))
  say_rows(paste0("independent/", how), rownames(table), table,
           c(Estimate = "estimate", "Std. Error" = "se", df = "df"))
}

# One occasion with partners missing: heterogeneous compound symmetry on incomplete couples.
first <- rows[rows$time == 0, ]
for (method in c("REML", "ML")) {
  fit <- gls(score ~ 0 + role, first, correlation = corCompSymm(form = ~ 1 | couple),
             weights = varIdent(form = ~ 1 | role), method = method,
             control = glsControl(tolerance = 1e-12, msTol = 1e-12, maxIter = 500))
  entry <- paste0("first_", method)
  say(entry, "logLik", value = logLik(fit))
  say(entry, "rho", value = coef(fit$modelStruct$corStruct, unconstrained = FALSE))
  for (role in levels(rows$role)) say(entry, "estimate", role, value = coef(fit)[[paste0("role", role)]])
}

# The actor-partner model of the Acitelli couples, one model for both partners.
pairs <- read.csv(file.path(arguments[[1]], "acitelli", "acipair.csv"))
both <- lmer(Satisfaction_A ~ OtherPos_A + OtherPos_P + (1 | CoupleID), pairs)
for (how in c("Satterthwaite", "Kenward-Roger")) {
  table <- coef(summary(both, ddf = how))
  say_rows(paste0("acitelli/", how), rownames(table), table, c("Std. Error" = "se", df = "df"))
}
