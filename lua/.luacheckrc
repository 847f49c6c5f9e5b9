-- ngx_lua on LuaJIT; newer than luacheck's list of it is one function.
std = "ngx_lua+luajit"
read_globals = { ngx = { fields = { "run_worker_thread" } } }
max_line_length = 120
files["spec"] = { std = "+busted" }
