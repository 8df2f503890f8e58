"""The functions and methods that an expression of a diagram may call. All are pure."""

KEYWORDS = frozenset({"default", "reverse"})

FUNCTIONS = frozenset(
    "abs all any bool enumerate float int len list max min range reversed round sorted str sum zip".split()
)

METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        "capitalize casefold count endswith find index isalnum isalpha isdecimal isdigit isspace join lower lstrip "
        "removeprefix removesuffix replace rfind rsplit rstrip split splitlines startswith strip title upper".split()
    ),
    list: frozenset({"copy", "count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
}

METHOD_NAMES = frozenset().union(*METHODS.values())
