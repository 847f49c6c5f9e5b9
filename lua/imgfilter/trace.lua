-- The trace of a request: $trace_id (nginx/clients.conf) stands in its answer and in the logs; here is what is made of
-- it for the task, and our own lines in the error log.

local M = {}

-- The parts of a traceparent that nginx has found well-formed.
local TRACEPARENT = "^00%-%x+%-(%x+)%-(%x+)$"

-- As lua/native and the database are told of it: the trace's id, the span that this request is in it, that of the
-- caller and its flags if it has any, and when the request came, in seconds since 1970.
function M.of_request()
    local var = ngx.var
    local id, header = var.trace_id, var.http_traceparent
    local trace = { id = id, span = var.request_id:sub(1, 16), flags = "00", received = ngx.req.start_time() }
    if header and header:sub(4, 35) == id then
        trace.parent, trace.flags = header:match(TRACEPARENT)
    end
    return trace
end

-- Where there is no request.
local WITHOUT = { init = true, init_worker = true, timer = true, exit_worker = true }

-- Writes a line into the error log, with the trace of the request that it is about, if it is about one.
function M.log(level, ...)
    if WITHOUT[ngx.get_phase()] then
        return ngx.log(level, ...)
    end
    local message = { ... }
    for index = 1, select("#", ...) do
        message[index] = tostring(message[index])
    end
    return ngx.log(level, table.concat(message), ", trace: ", ngx.var.trace_id)
end

return M
