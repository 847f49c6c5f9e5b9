-- GET /filters: what the engine can do. The list is fixed when the library is built, and its presets are read anew
-- when nginx is started or reloaded.

local answer = require "imgfilter.answer"
local native = require "imgfilter.native"

local M = {}

local catalogue

function M.show()
    answer.allow("GET", "HEAD")
    if not catalogue then
        local problem
        catalogue, problem = native.call("catalogue", "{}")
        if not catalogue then
            return answer.problem(problem)
        end
    end
    return answer.json(200, catalogue.body, { ["Cache-Control"] = "public, max-age=300" })
end

return M
