"""What forms adds to the workspace: menu entries, panels, sections of the home page, searches."""
