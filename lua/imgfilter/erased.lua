-- Tasks that were erased: the database knows their ids for a while; here what it says of them becomes a problem.

local problems = require "imgfilter.problem"

local M = {}

-- What whoever asks for one is told.
function M.problem()
    return problems.new("gone", { detail = "this task was erased" })
end

-- The problem that an error of the database is: nil if it is not about an erased task.
function M.of_error(err)
    return err:find("imgfilter task: erased", 1, true) and M.problem() or nil
end

return M
