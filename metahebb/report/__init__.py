"""What people look at: tables, figures, films, the page of a run. It reads run folders only."""
