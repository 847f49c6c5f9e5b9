//! What the Lua side asks of Rust, through LuaJIT's FFI: JSON in, JSON out
