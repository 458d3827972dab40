"""What people look at: result file, pages, charts, JUnit."""
