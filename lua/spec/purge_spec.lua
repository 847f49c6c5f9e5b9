local support = require "lua.spec.support"

-- An edge with a list of `rows` rows in its database, whose clock stands unless a test moves it; the rows of a batch
-- are of one object, named by how many were before. What it does is noted in it: `jobs` are its timers' functions,
-- `unlinked` the objects.
local function edge(rows)
    local this = { jobs = {}, unlinked = {}, now = 1000, log = {}, slept = 0, told = 0, asked = 0 }
    local counts = { get = function() return this.told end, incr = function() this.told = this.told + 1 end }
    rawset(_G, "ngx", {
        ERR = "error",
        log = function(_, ...) this.log[#this.log + 1] = table.concat({ ... }) end,
        md5 = function(key) return key end,
        now = function() return this.now end,
        sleep = function() this.slept = this.slept + 1 end,
        shared = { edge = counts, links = { delete = function() end } },
        timer = { at = function(delay, job)
            if this.timers_are_short then
                this.timers_are_short = this.timers_are_short > 1 and this.timers_are_short - 1 or nil
                return nil, "too many pending timers"
            end
            this.jobs[#this.jobs + 1] = { delay = delay, run = job }
            return true
        end },
        worker = { id = function() return 0 end, exiting = function() return false end },
    })
    local function call(func, place, age, limit)
        local first = tonumber(place) or 0
        local count = func == "purged_since" and age == 0 and math.min(limit, rows - first) or 0
        this.asked = this.asked + (count > 0 and 1 or 0)
        local purged, row = {}, { object = "object-" .. first, link = "null" }
        for number = 1, count do
            purged[number] = row
        end
        return { place = tostring(first + count), purged = purged }
    end
    local purge = support.load("imgfilter.purge", {
        ["cjson.safe"] = { null = "null", decode = function(list) return list end },
        ["imgfilter.config"] = { cache = "/cache" }, ["imgfilter.database"] = { call = call },
        ["imgfilter.links"] = { PURGES = "purges", forget = function() end },
        ["imgfilter.threads"] = { run = function(pool, _, module, func, paths)
            assert.same({ "files", "imgfilter.purge_thread", "unlink" }, { pool, module, func })
            local object = paths:match("object%-%d+")
            this.unlinked[object] = (this.unlinked[object] or 0) + 1
            return 0
        end },
    })
    purge.start()
    return this
end

-- Runs the timers of an edge once; those that are made meanwhile wait for the next time.
local function go_round(this)
    local jobs = this.jobs
    this.jobs = {}
    for _, job in ipairs(jobs) do
        job.run(false)
    end
end

describe("what is purged", function()
    after_each(function() rawset(_G, "ngx", nil) end)

    it("is unlinked on a thread, at once and when all have forgotten", function()
        local this = edge(2)
        go_round(this)
        assert.same({ ["object-0"] = 1 }, this.unlinked)
        assert.is_true(this.told > 0)
        go_round(this)
        assert.equal(1, this.unlinked["object-0"], "not before they have")
        this.now = this.now + 2
        go_round(this)
        assert.same({ ["object-0"] = 2 }, this.unlinked)
    end)

    it("may be a million objects, of which only so many wait at a time", function()
        local this = edge(250000)
        go_round(this)
        assert.equal(100, this.asked, "the list is read on when they are out")
        assert.equal(3, #this.jobs, "and no timer is made for any of them")
        go_round(this)
        assert.equal(100, this.asked)
        for _ = 1, 4 do
            this.now = this.now + 2
            go_round(this)
        end
        assert.equal(2, this.unlinked["object-0"])
        assert.equal(2, this.unlinked["object-249000"])
    end)

    it("goes on being read when nginx had no timer left, and the log says so", function()
        local this = edge(0)
        local count = #this.jobs
        this.timers_are_short = 2
        go_round(this)
        assert.equal(count, #this.jobs, "all timers are there again")
        assert.equal(2, this.slept)
        assert.truthy(this.log[1]:find("no timer: too many pending timers", 1, true))
    end)
end)
