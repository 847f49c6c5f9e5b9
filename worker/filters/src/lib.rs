//! The filter engine: bytes in, bytes out
