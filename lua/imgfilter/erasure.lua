-- DELETE /tasks/{id}: a task is erased, with all that was stored and told of it.
--
-- The database does so in one transaction, from which on its links are gone. The storage is not waited for: a worker is
-- told to delete the objects, and an edge's cache is told by the database, too.

local cjson = require "cjson.safe"
local answer = require "imgfilter.answer"
local database = require "imgfilter.database"
local erased = require "imgfilter.erased"
local keys = require "imgfilter.keys"
local problems = require "imgfilter.problem"

local M = {}

-- Why a caller may not erase what is an owner's, and what WWW-Authenticate says about it.
local function not_owner(caller)
    if caller.owner then
        return problems.new("forbidden", { detail = "this task belongs to another owner" })
    end
    local detail = "this task is erased with a key of its owner: Authorization: Bearer …"
    return problems.new("key_required", { detail = detail }), "Bearer"
end

-- `id` is that of a task, in lower case.
function M.erase(id)
    local caller, problem, challenge = keys.known("upload")
    if not caller then
        return answer.problem(problem, challenge)
    end
    local text
    text, problem = database.call("erase_task", id, caller.owner or "")
    if problem then
        return answer.problem(problem)
    end
    if not text then
        return answer.problem(problems.new("not_found", { detail = "there is no task of this id" }))
    end
    local said = cjson.decode(text)
    if said.refused then
        return answer.problem(not_owner(caller))
    end
    if said.erased then
        -- perhaps by this very request, if its first answer was lost
        return answer.problem(erased.problem())
    end
    local removed = said.removed
    return answer.json(200, string.format('{"removed":{"originals":%d,"results":%d,"links":%d}}',
        removed.originals, removed.results, removed.links))
end

return M
