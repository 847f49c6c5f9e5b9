local support = require "lua.spec.support"

local TASK = { id = "01930000-0000-7000-8000-00000000000a", version = 1, ended = false }

-- What nginx gives: a clock of ours, and the timer that was set last.
local function stand_in()
    local nginx = { ERR = 4, worker = {}, timer = {}, time = 1000, logged = 0 }
    function nginx.now()
        return nginx.time
    end
    function nginx.update_time() end
    function nginx.on_abort() end
    function nginx.log()
        nginx.logged = nginx.logged + 1
    end
    function nginx.worker.exiting()
        return false
    end
    function nginx.timer.at(_, tick)
        nginx.tick = tick
        return true
    end
    return nginx
end

-- Waiting gives way to whoever runs the coroutine, who says what came of it.
local function semaphores()
    return { new = function()
        return { post = function() end, wait = function() return coroutine.yield() end }
    end }
end

-- Nobody can wait inside Lua's own pcall, other than inside LuaJIT's.
local BARE = setmetatable({ pcall = function(job, ...) return true, job(...) end }, { __index = _G })

describe("whoever watches", function()
    local nginx, watch, real
    before_each(function()
        real, nginx = _G.ngx, stand_in()
        _G.ngx = nginx -- luacheck: ignore
        watch = support.load("imgfilter.watch", {
            ["ngx.semaphore"] = semaphores(), ["imgfilter.config"] = { max_watchers = 1 },
            ["imgfilter.database"] = { call = function() end }, ["imgfilter.native"] = {},
        })
        setfenv(watch.during, BARE)
    end)
    after_each(function()
        _G.ngx = real -- luacheck: ignore
    end)

    local function watching()
        local thread = coroutine.create(function()
            return watch.during(TASK, 60, function(watcher)
                watcher:wait(60)
            end)
        end)
        local _, taken = coroutine.resume(thread)
        return thread, coroutine.status(thread) == "suspended" or taken
    end

    it("and is ended by nginx where it stands does not keep its place for good", function()
        local _, taken = watching()
        assert.is_true(taken)
        nginx.time = nginx.time + 60
        nginx.tick(false)
        _, taken = watching()
        assert.is_nil(taken, "it may still be about to tell")
        nginx.time = nginx.time + 200
        nginx.tick(false)
        assert.equal(1, nginx.logged)
        _, taken = watching()
        assert.is_true(taken)
    end)

    it("and is late gives its place back once", function()
        local late = watching()
        nginx.time = nginx.time + 300
        nginx.tick(false)
        assert.same({ true, true }, { coroutine.resume(late, true) })
        local _, taken = watching()
        assert.is_true(taken)
        _, taken = watching()
        assert.is_nil(taken, "there is one place, and no more than that")
    end)
end)
