"""A thin front: one request, one engine command or query, one page or JSON answer."""
