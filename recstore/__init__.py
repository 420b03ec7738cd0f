"""Keep recordings and chats of video calls, sealed per account, opened only by documented sharing rules."""

__version__ = "0.1.0"
