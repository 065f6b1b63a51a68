# Pooling of multiple_imputation_btheb.json, derived again with mice from the 20 stored sets
# of imputed values (normal model), so that no random number is drawn here.
source("say.R")
suppressPackageStartupMessages(library(mice))

before <- read_data("BtheB", "BtheB.csv")
names(before) <- gsub(".", "_", names(before), fixed = TRUE)
before$drug <- as.integer(before$drug == "Yes")
before$length <- as.integer(before$length == ">6m")
before$treatment <- as.integer(before$treatment == "BtheB")
after <- read_data("..", "reference", "BtheB_imputed_norm_m20.csv")
names(after)[1:2] <- c(".imp", ".id")
whole <- rbind(cbind(.imp = 0, .id = seq_len(nrow(before)), before), after[c(".imp", ".id", names(before))])
sets <- as.mids(whole)

columns <- c(estimate = "estimate", std.error = "std.error", statistic = "statistic", df = "df",
             p.value = "p.value", "2.5 %" = "2.5 %", "97.5 %" = "97.5 %")
tell <- function(entry, pooled) {
  table <- summary(pooled, conf.int = TRUE)
  say_table(entry, as.character(table$term), table, columns)
}

fits <- with(sets, lm(bdi_8m ~ treatment + bdi_pre))
pooled <- pool(fits)
parts <- c("estimate", "ubar", "b", "t", "dfcom", "df", "riv", "lambda", "fmi")
say_table("pool_ancova8m_norm/pooled", as.character(pooled$pooled$term), pooled$pooled,
          setNames(parts, parts))
tell("pool_ancova8m_norm/summary", pooled)
tell("pool_ancova8m_norm_dfcomInf", pool(fits, dfcom = Inf))
small <- with(sets, lm(bdi_8m ~ bdi_pre))
for (name in c("D1", "D2")) {
  test <- get(name)(fits, small)$result
  for (part in colnames(test)) say("pool_ancova8m_norm", name, 0, part, value = test[1, part])
}
squared <- pool.r.squared(fits)
for (part in colnames(squared)) say("pool_ancova8m_norm/pool_r2", 0, part, value = squared[1, part])

logit <- with(sets, glm(as.integer(bdi_8m < bdi_pre / 2) ~ treatment + bdi_pre, family = binomial))
tell("pool_logit_resp_norm", pool(logit))

q <- c(-3.1, -2.4, -4, -2.9, -3.6)
u <- c(1.21, 1.1, 1.44, 1, 1.32)
for (n in c("50", "100", "Inf")) {
  found <- pool.scalar(q, u, n = as.numeric(n), k = 3)
  for (part in c("qbar", "ubar", "b", "t", "df", "r", "fmi")) {
    say(paste0("pool_scalar_n", n), part, value = found[[part]])
  }
}

gone <- before$subject[is.na(before$bdi_8m) & before$treatment == 1]
place <- 0
for (delta in c(0, 2, 4, 6, 8, 10)) {
  moved <- whole
  own <- moved$.imp > 0 & moved$subject %in% gone
  moved$bdi_8m[own] <- moved$bdi_8m[own] + delta
  line <- summary(pool(with(as.mids(moved), lm(bdi_8m ~ treatment + bdi_pre))))
  share <- pool(with(as.mids(moved), lm(bdi_8m ~ treatment + bdi_pre)))$pooled$fmi
  row <- which(line$term == "treatment")
  entry <- paste0("delta_adjust_norm/", place)
  say(entry, "est", value = line$estimate[row])
  say(entry, "se", value = line$std.error[row])
  say(entry, "df", value = line$df[row])
  say(entry, "p", value = line$p.value[row])
  say(entry, "fmi", value = share[row])
  place <- place + 1
}
