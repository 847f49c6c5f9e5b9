-- /me/notifications: whom an owner has told of all tasks. What is asked for here is an owner's, so a key is needed.
--
-- A change is checked here and made by the database, all of it or nothing. Codes are sent like any notification, by
-- whoever sends those.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local body = require "imgfilter.body"
local config = require "imgfilter.config"
local database = require "imgfilter.database"
local keys = require "imgfilter.keys"
local native = require "imgfilter.native"
local orders = require "imgfilter.orders"
local problems = require "imgfilter.problem"
local uuid = require "imgfilter.uuid"

local M = {}

local SCOPE = "notify"

-- Before a body is read: lets the holder of a key through that has the scope.
local function admit()
    local caller, problem, challenge = keys.required(SCOPE)
    if not caller then
        return answer.refuse(problem, challenge)
    end
end

-- The holder of the key once more, since a body may be slow and outlive it; or the end of the request.
local function holder()
    local caller, problem, challenge = keys.required(SCOPE)
    if not caller then
        return answer.problem(problem, challenge)
    end
    return caller
end

-- Answers with what the native library makes of the database's answer.
local function show(call, text)
    local shown, problem = native.call(call, text)
    if not shown then
        return answer.problem(problem)
    end
    return answer.json(200, shown.body)
end

-- What the caller wants, checked: a JSON text, or nil and the problem. What is there already may stay as it is.
local function read(caller, text)
    local known, problem = database.call("notifications_view", caller.owner)
    if problem then
        return nil, problem
    end
    -- no JSON in one line has a line break
    local wanted
    wanted, problem = orders.check("read_targets", cjson.encode(caller) .. "\n" .. known .. "\n" .. text)
    return wanted and wanted.targets, problem
end

-- Replaces the whole list: the database's view of the new one, or nil and the problem.
local function replace(caller)
    local text, problem = body.text(answer.MAX_JSON_BODY)
    if not text then
        return nil, problem
    end
    local targets
    targets, problem = read(caller, text)
    if not targets then
        return nil, problem
    end
    local limits = cjson.encode({ max_targets = config.max_targets })
    return database.call("set_notifications", caller.owner, targets, limits)
end

-- Before the body of /me/notifications is read.
function M.admit()
    answer.allow("GET", "HEAD", "PUT")
    admit()
    if ngx.req.get_method() == "PUT" then
        return body.admit("a list of targets")
    end
end

function M.serve()
    local is_change = ngx.req.get_method() == "PUT"
    if is_change then
        ngx.req.read_body()
    end
    local caller = holder()
    local view, problem
    if is_change then
        view, problem = replace(caller)
    else
        view, problem = database.call("notifications_view", caller.owner)
    end
    if not view then
        return answer.problem(problem)
    end
    return show("show_notifications", view)
end

-- The code in the body of this request, or nil and the problem.
local function code()
    ngx.req.read_body()
    local text, problem = body.text(answer.MAX_JSON_BODY)
    if not text then
        return nil, problem
    end
    local found
    found, problem = native.call("read_code", text)
    return found and found.code, problem
end

-- What can be done with one target. Each is given owner and target, and gives the database's answer: nil where the
-- owner has no such target, or nil and the problem.
local ACTIONS = {
    code = function(owner, target)
        return database.call("send_code", owner, target)
    end,
    enable = function(owner, target)
        return database.call("enable_target", owner, target)
    end,
    rotate = function(owner, target)
        return database.call("rotate_secret", owner, target)
    end,
    verify = function(owner, target)
        local found, problem = code()
        if not found then
            return nil, problem
        end
        return database.call("verify_target", owner, target, found)
    end,
}

-- Why the database has refused something: the words of its answer, and what the client is told.
local REFUSALS = {
    wrong = { "invalid_code", "this is not the code that was sent last" },
    expired = { "code_expired", "this code is too old, or there is none: ask for another" },
    tries = { "code_expired", "the code was tried too often: ask for another" },
    disabled = { "target_state", "this target is disabled: enable it first" },
}
local NO_CODE = { "target_state", "this target needs no code" }
local NO_SECRET = { "target_state", "only a target of the channel webhook has a secret" }

local function refuse(refusal)
    return answer.problem(problems.new(refusal[1], { detail = refusal[2] }))
end

-- Tells what came of an action: `text` is the database's answer, `said` what it means.
local TELL = {
    code = function(said)
        if not said.sent then
            return refuse(NO_CODE)
        end
        return answer.json(202, '{"until":"' .. said["until"] .. '"}')
    end,
    enable = function(_, text)
        return show("show_target", text)
    end,
    rotate = function(said, text)
        if said.channel ~= "webhook" then
            return refuse(NO_SECRET)
        end
        return show("show_target", text)
    end,
    verify = function()
        return answer.json(200, '{"verified":true}')
    end,
}

-- Target and action of this request's path; nil where it is none.
local function parse()
    local id, action = ngx.var.uri:match("^/me/notifications/([^/]+)/(%l+)$")
    if not id or not uuid.is_one(id) or not ACTIONS[action] then
        return nil
    end
    return id:lower(), action
end

-- Before the body of /me/notifications/{id}/… is read.
function M.admit_action()
    answer.allow("POST")
    admit()
    local _, action = parse()
    if action == "verify" then
        return body.admit("a code")
    end
end

function M.act()
    local id, action = parse()
    if not id then
        return answer.problem(problems.new("not_found", { detail = "there is nothing at this address" }))
    end
    local text, problem = ACTIONS[action](holder().owner, id)
    if problem then
        return answer.problem(problem)
    end
    if not text then
        return answer.problem(problems.new("not_found", { detail = "there is no target of this id" }))
    end
    local said = cjson.decode(text)
    if said.refused then
        return refuse(REFUSALS[said.refused] or REFUSALS.disabled)
    end
    return TELL[action](said, text)
end

return M
