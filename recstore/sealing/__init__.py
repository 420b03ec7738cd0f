"""The sealed form of content: sealing, opening, manifests. Pure: bytes and sources of bytes are handed in.

Nothing is imported here, so that hand-over code can import the sealer without reaching anything that opens.
"""
