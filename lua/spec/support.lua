-- Loads modules of the edge outside nginx: what nginx and LuaJIT give them is left out or stood in for, so only what
-- depends on neither can be tested here. The rest is tested in a real nginx.

package.path = "lua/?.lua;" .. package.path

local M = {}

-- A module, loaded afresh, with `stand_ins` (by module name) in the place of what it would load.
function M.load(name, stand_ins)
    local replaced = {}
    for other, stand_in in pairs(stand_ins or {}) do
        replaced[other] = package.loaded[other]
        package.loaded[other] = stand_in
    end
    package.loaded[name] = nil
    local module = require(name)
    for other in pairs(stand_ins or {}) do
        package.loaded[other] = replaced[other]
    end
    return module
end

-- Runs `test` with os.getenv answering from a table.
function M.with_environment(variables, test)
    local getenv = os.getenv
    os.getenv = function(name) -- luacheck: ignore
        return variables[name]
    end
    local ran, err = pcall(test)
    os.getenv = getenv -- luacheck: ignore
    if not ran then
        error(err, 0)
    end
end

return M
