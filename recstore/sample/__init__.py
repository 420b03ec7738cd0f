"""What `recstore demo` hands over: two invented accounts, their calls, chats and films."""
