//! Request bodies into files and fields: multipart/form-data and bare bytes, pushed in pieces
