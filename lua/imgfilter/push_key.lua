-- GET /push-key: the public key by which browsers know this service, for pages that have no key of an owner.

local answer = require "imgfilter.answer"
local config = require "imgfilter.config"
local problems = require "imgfilter.problem"

local M = {}

function M.show()
    answer.allow("GET", "HEAD")
    if not config.push_key then
        return answer.problem(problems.new("not_found", { detail = "this service does not tell browsers" }))
    end
    -- base64url, as the program that makes it writes it
    local body = '{"key":"' .. config.push_key .. '"}'
    return answer.json(200, body, { ["Cache-Control"] = "public, max-age=300" })
end

return M
