-- GET /healthz: nginx answers. GET /readyz: so does all that an upload needs.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local native = require "imgfilter.native"
local s3 = require "imgfilter.s3"
local threads = require "imgfilter.threads"

local M = {}

-- Looking at a folder takes microseconds; this is for a disk that hangs. In seconds.
local SPOOL_TIMEOUT = 5

function M.alive()
    answer.allow("GET", "HEAD")
    return answer.json(200, '{"status":"ok"}')
end

local function database_ready()
    local ready, problem = database.call("edge_ready")
    return not problem and ready == "true"
end

local function storage_ready()
    local ready, err = s3.ready()
    if not ready then
        ngx.log(ngx.ERR, "storage: ", err)
    end
    return ready == true
end

-- The spool must take at least one upload of the largest size.
local function spool_ready()
    local input = cjson.encode({ path = config.spool })
    local text, err = threads.run("native", SPOOL_TIMEOUT, "imgfilter.native", "text", "spool", input)
    if not text then
        ngx.log(ngx.ERR, "spool: ", err)
        return false
    end
    local room = native.open(text)
    return room ~= nil and room.free_bytes >= config.max_body
end

local PARTS = { database = database_ready, storage = storage_ready, spool = spool_ready }

function M.ready()
    answer.allow("GET", "HEAD")
    local state, status = { status = "ready" }, 200
    for name, check in pairs(PARTS) do
        local ready = check()
        state[name] = ready and "ready" or "unavailable"
        if not ready then
            state.status, status = "unavailable", 503
        end
    end
    local retry_after = status == 503 and 5 or nil
    return answer.json(status, cjson.encode(state), { ["Retry-After"] = retry_after })
end

return M
