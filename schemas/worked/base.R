site <- "https://data.example.gov.uk/"

# Codes stay texts; an empty cell of value is a figure without a value, and status says why.
read <- function(path, ...) {
  asked <- c(...)
  values <- vapply(asked, URLencode, "", reserved = TRUE)
  address <- paste0(site, path, "?", paste0(names(asked), "=", values, collapse = "&"))
  read.csv(address, encoding = "UTF-8", colClasses = "character", check.names = FALSE)
}

# ## one-area
figures <- read("api/v1/observations", area = "E09000015", period = "latest", format = "csv")
figures$value <- as.numeric(figures$value)
print(figures[, c("indicator_label", "period_label", "value", "unit", "status")])

# ## one-indicator
councils <- read("api/v1/observations", indicator = "persistent-absence", period = "latest", format = "csv")
write.csv(councils, "one-indicator.csv", row.names = FALSE, fileEncoding = "UTF-8")

# ## two-figures
a <- "dfe-schools/persistent-absence/E09000015/2024-08-01_P1Y"
b <- "dfe-schools/persistent-absence/E09000015/2020-08-01_P1Y"
print(read("api/v1/verdict", a = a, b = b, format = "csv")[, c("verdict", "reasons")])

# ## definition
definition <- read("api/v1/indicators", indicator = "persistent-absence", format = "csv")
print(t(definition[, c("label", "version", "status", "numerator", "denominator", "caveats")]))

# ## sparql
query <- paste(readLines("question.rq", encoding = "UTF-8"), collapse = "\n")
print(read("sparql", query = query, format = "csv"))

# ## sql
query <- paste(readLines("question.sql", encoding = "UTF-8"), collapse = "\n")
print(read("data/catalogue.csv", sql = query))
