//! nginx upload module: spools request bodies to files and hands the rest on
