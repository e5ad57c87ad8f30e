"""The questions that the deep reader answers about a message, by the names of its heads."""

INTENT_HEAD, DANGER_HEAD, OPENNESS_HEAD, STYLE_HEAD = "intent", "danger", "openness", "style"
