# Shared by the scripts here: one line for each number, "entry/path <TAB> value" in full precision.
# Run as: Rscript growth_mixed.R DATA, where DATA is the folder of the shared data.
arguments <- commandArgs(trailingOnly = TRUE)
data_folder <- arguments[[1]]

read_data <- function(...) read.csv(file.path(data_folder, ...), stringsAsFactors = FALSE)

say <- function(..., value) {
  for (one in as.numeric(value)) cat(paste(..., sep = "/"), "\t", sprintf("%.17g", one), "\n", sep = "")
}

# A table of a summary: one line for each cell, by the name of its row.
say_table <- function(path, rows, table, columns) {
  for (row in seq_along(rows)) for (name in names(columns)) {
    say(path, rows[[row]], columns[[name]], value = table[row, name])
  }
}
