"""Settings: `local` to try the product, `test` for the suite, `production` to run it."""
