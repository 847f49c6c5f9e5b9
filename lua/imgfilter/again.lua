-- POST /tasks: an original that is kept is filtered again, without another upload.
--
-- Nothing is stored, so the database alone decides: in one transaction it makes sure of the original and takes the
-- task.

local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local orders = require "imgfilter.orders"
local problems = require "imgfilter.problem"

local M = {}

-- Whether a Content-Type is that of JSON, whatever its parameters.
function M.is_json(content_type)
    local media_type = (content_type or ""):gsub(";.*", ""):match("^%s*(.-)%s*$")
    return media_type:lower() == "application/json"
end

-- Before the body is read: who may, and how.
function M.admit()
    answer.allow("POST")
    orders.admit(0)
    if not M.is_json(ngx.var.http_content_type) then
        return answer.refuse(problems.new("unsupported_media_type", { detail = "an order is application/json" }))
    end
    if (ngx.var.args or "") ~= "" then
        local detail = "an order takes its options from the body, not from the query string"
        return answer.refuse(problems.new("unexpected_query", { detail = detail }))
    end
end

-- The body: nil and the problem where it did not fit into memory.
local function body()
    if ngx.req.get_body_file() then
        -- Of the size that is allowed, but in so many pieces that their marks take more room than it.
        local detail = "the body came in too many pieces"
        return nil, problems.new("body_too_large", { detail = detail, limit = config.max_task_body })
    end
    return ngx.req.get_body_data() or ""
end

-- What the caller asks for, checked but for its image: or nil and the problem.
local function read()
    local text, problem = body()
    if not text then
        return nil, problem
    end
    -- no JSON in one line has a line break
    return orders.check("read_order", ngx.var.caller .. "\n" .. text)
end

local function prepare(order, caller)
    local view, problem = database.call("image_view", order.image, caller.owner or "")
    if problem then
        return nil, problem
    end
    local input = '{"spec":' .. order.spec .. ',"image":' .. (view or "null") .. ',"caller":' .. ngx.var.caller .. "}"
    return orders.check("prepare_again", input)
end

local function take(caller)
    local order, problem = read()
    if not order then
        return nil, nil, problem
    end
    local prepared
    prepared, problem = prepare(order, caller)
    if not prepared then
        return nil, nil, problem
    end
    return prepared, orders.submit(prepared)
end

-- Reads the body, and takes the order.
function M.submit()
    -- first, because a slow one may outlive the key that it came with
    ngx.req.read_body()
    return orders.finish(take)
end

return M
