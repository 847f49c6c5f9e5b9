-- POST /tasks: an original that is kept is filtered again, without another upload.
--
-- Nothing is stored, so the database alone decides: in one transaction it makes sure of the original and takes the
-- task.

local answer = require "imgfilter.answer"
local body = require "imgfilter.body"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local orders = require "imgfilter.orders"

local M = {}

-- Before the body is read: who may, and how.
function M.admit()
    answer.allow("POST")
    orders.admit(0)
    return body.admit("an order")
end

-- What the caller asks for, checked but for its image: or nil and the problem.
local function read()
    local text, problem = body.text(config.max_task_body)
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
    return orders.prepare("prepare_again", input)
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
