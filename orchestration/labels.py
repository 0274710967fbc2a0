"""Labels of the asset graph: the owner, and a group for each layer."""

# The team to ask about any asset. Dagster shows it, and can send its alerts there.
OWNERS = ["team:support-analytics"]

RAW = "raw"
PUBLISHED = "published"


def layer_group(schema: str, dbt_group: str | None) -> str:
    """The group of a model: its schema, and for marts their folder too, such as `marts_core`."""
    return f"{schema}_{dbt_group}" if schema == "marts" and dbt_group else schema
