-- The storage, through the gateway: a server of this nginx on a unix socket, which signs requests and sends files.

local breaker = require "imgfilter.breaker"
local config = require "imgfilter.config"
local metrics = require "imgfilter.metrics"
local problems = require "imgfilter.problem"
local trace = require "imgfilter.trace"

local M = {}

-- Longer than the gateway itself waits, so that its answer, not ours, is the one that counts; in seconds.
local GRACE = 5
-- Whoever asks whether all is ready wants to know soon; in seconds.
local READY_TIMEOUT = 5

-- Connections to the gateway that are kept by each nginx worker, and for how long, in milliseconds.
local KEPT = 32
local KEPT_FOR = 30000

-- Reads the rest of an answer, which is short, and says whether the connection can be used again.
local function is_clean(socket)
    local length = 0
    repeat
        local line = socket:receive("*l")
        if not line then
            return false
        end
        local name, value = line:lower():match("^([%w-]+):%s*(.-)%s*$")
        if name == "content-length" then
            length = tonumber(value)
        elseif name == "transfer-encoding" or name == "connection" and value == "close" then
            return false
        end
    until line == ""
    return length ~= nil and (length == 0 or socket:receive(length) ~= nil)
end

-- Sends a request: the status of its answer, or nil and why there was none.
local function exchange(socket, method, request)
    local sent, err = socket:send(request)
    if not sent then
        return nil, err
    end
    local line
    line, err = socket:receive("*l")
    if not line then
        return nil, err
    end
    local status = tonumber(line:match("^HTTP/1%.%d (%d%d%d)"))
    -- what follows the head of an answer to HEAD is not its body
    if status and method ~= "HEAD" and is_clean(socket) then
        socket:setkeepalive(KEPT_FOR, KEPT)
    else
        socket:close()
    end
    return status, "not a status line: " .. line
end

-- One request without a body; only the answer's status matters. Returns nil and an error when there was no answer
-- within `timeout` seconds. Asking again is harmless, and done where a connection that was kept turns out to be closed.
local function send(timeout, method, path, headers)
    local lines = { method .. " " .. path .. " HTTP/1.1", "Host: gateway", "Content-Length: 0" }
    for name, value in pairs(headers or {}) do
        lines[#lines + 1] = name .. ": " .. value
    end
    local request = table.concat(lines, "\r\n") .. "\r\n\r\n"
    local status, err, kept
    repeat
        local socket = ngx.socket.tcp()
        socket:settimeouts(1000, 1000, timeout * 1000)
        local connected
        connected, err = socket:connect("unix:" .. config.runtime_dir .. "/s3.sock")
        if not connected then
            return nil, err
        end
        kept = socket:getreusedtimes() > 0
        status, err = exchange(socket, method, request)
    until status or not kept or err ~= "closed"
    return status, err
end

-- The same, and the breaker is told what came of it: any answer that is no error of the storage's own is a good one.
local function ask(...)
    local status, err = send(...)
    breaker.storage:count(status ~= nil and status < 500)
    return status, err
end

-- Puts a spooled file under an object key. True once the storage has confirmed it, else nil and the problem; at once
-- while the storage is known not to answer.
function M.put(key, path, sha256, mime)
    if breaker.storage:is_open() then
        return nil, problems.new("storage_unavailable")
    end
    local name = path:sub(1, #config.spool) == config.spool and path:sub(#config.spool + 1):match("^/+(.+)$")
    if not name then
        trace.log(ngx.ERR, "not in the spool: ", path)
        return nil, problems.new("internal_error")
    end
    local started = ngx.now()
    local status, err = ask(config.s3_timeout + GRACE, "PUT", "/" .. key, {
        ["X-Spool-File"] = name,
        ["X-Sha256"] = sha256,
        ["Content-Type"] = mime,
    })
    metrics.stage("store", started)
    if status and status >= 200 and status < 300 then
        return true
    end
    trace.log(ngx.ERR, "storage: PUT ", key, ": ", status or err)
    return nil, problems.new("storage_unavailable")
end

-- The status of the bucket itself, or nil and why there is none. Asked also while the storage is known not to answer.
function M.answers()
    return ask(READY_TIMEOUT, "HEAD", "/")
end

-- Whether the bucket is there and open to us; else nil and why not.
function M.ready()
    if breaker.storage:is_open() then
        return nil, "it has not answered for a while"
    end
    local status, err = M.answers()
    if status == 200 then
        return true
    end
    return nil, status and "HEAD of the bucket: " .. status or err
end

return M
