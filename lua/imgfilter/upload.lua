-- POST and PUT /images: the hook that runs when the upload module has spooled a body.
--
-- The order makes the promise of a 202 hold: the original is in the storage before the task is in the database,
-- and nobody is told before both have confirmed.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local metrics = require "imgfilter.metrics"
local orders = require "imgfilter.orders"
local problems = require "imgfilter.problem"
local s3 = require "imgfilter.s3"
local trace = require "imgfilter.trace"

local M = {}

-- Before the body is read: whether there is room for it, who may, and how.
function M.admit()
    answer.allow("POST", "PUT")
    return orders.admit(tonumber(ngx.var.http_content_length) or config.max_body)
end

-- Bytes beyond ASCII cannot stand in JSON unless they are UTF-8; in a query string they mean their own escapes.
local function ascii(query)
    return (query:gsub("[\128-\255]", function(byte)
        return string.format("%%%02X", byte:byte())
    end))
end

-- Checks options, chains and image: what to do next, or nil and the problem.
local function prepare()
    local parts = ngx.var.upload_parts
    if not parts or parts == "" then
        trace.log(ngx.ERR, "the upload module left no parts")
        return nil, problems.new("internal_error")
    end
    local query = cjson.encode(ascii(ngx.var.args or ""))
    local input = '{"parts":' .. parts .. ',"query":' .. query .. ',"caller":' .. ngx.var.caller .. "}"
    return orders.prepare("prepare_upload", input)
end

-- Stores the original and hands the task over: the view of the task that this upload is, or nil and the problem.
function M.store(prepared, caller)
    if caller.quota or caller.idempotency or prepared.names_target then
        local first, refusal = database.call("foresee", prepared.request)
        if first or refusal then
            return first, refusal
        end
    end
    local stored, problem = s3.put(prepared.object_key, prepared.path, prepared.sha256, prepared.mime)
    if not stored then
        return nil, problem
    end
    return orders.submit(prepared)
end

local function take(caller)
    local prepared, problem = prepare()
    if not prepared then
        return nil, nil, problem
    end
    return prepared, M.store(prepared, caller)
end

-- After the body was read.
function M.submit()
    metrics.stage("body", ngx.req.start_time())
    return orders.finish(take)
end

return M
