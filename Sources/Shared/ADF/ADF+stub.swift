// ADF
