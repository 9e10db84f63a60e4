"""Settings, urls and entry points: the only package that knows all apps."""
