"""From stamps to verdicts: samples, quantiles, uncertainty, null tests. Nothing here opens a line."""
