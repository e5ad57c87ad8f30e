"""What the bot did over all users, for the coach; nobody is to be found in it."""
