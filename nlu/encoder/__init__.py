"""The second reader: multilingual-e5-small, its upper layers trained on TeVoet's own lines."""
