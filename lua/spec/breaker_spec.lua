local support = require "lua.spec.support"

local FAILURES, PAUSE = 3, 2

-- A dictionary of nginx's with a clock of ours.
local function dictionary(clock)
    local entries = {}
    local function get(name)
        local entry = entries[name]
        if entry and entry.ends and entry.ends <= clock.now then
            entry, entries[name] = nil, nil
        end
        return entry
    end
    local dict = {}
    function dict.get(_, name)
        local entry = get(name)
        return entry and entry.value
    end
    function dict.set(_, name, value, life)
        entries[name] = { value = value, ends = life and clock.now + life }
    end
    function dict.add(self, name, value, life)
        if get(name) then
            return false
        end
        self:set(name, value, life)
        return true
    end
    function dict.delete(_, name)
        entries[name] = nil
    end
    function dict.incr(_, name, by, from)
        entries[name] = get(name) or { value = from }
        entries[name].value = entries[name].value + by
        return entries[name].value
    end
    return dict
end

local function load()
    return support.load("imgfilter.breaker", {
        ["imgfilter.config"] = { breaker_failures = FAILURES, breaker_pause = PAUSE },
    }).database
end

describe("a breaker", function()
    local clock, one, other

    before_each(function()
        clock = { now = 0 }
        rawset(_G, "ngx", { shared = { edge = dictionary(clock) }, log = function() end })
        -- two workers of one nginx
        one, other = load(), load()
    end)

    after_each(function()
        rawset(_G, "ngx", nil)
    end)

    local function open()
        for _ = 1, FAILURES do
            one:failed()
        end
    end

    -- How often a breaker lets somebody look.
    local function looks(breaker, look)
        local count = 0
        breaker:probe(function()
            count = count + 1
            if look then
                look(breaker)
            end
        end)
        return count
    end

    it("opens after so many failures in a row, wherever they were", function()
        assert.is_false(one:is_open())
        one:failed()
        other:failed()
        assert.is_false(one:is_open())
        one:failed()
        assert.is_true(one:is_open())
        assert.is_true(other:is_open())
    end)

    it("does not open if one succeeds between", function()
        for _ = 1, 10 do
            one:count(false)
            one:count(false)
            other:count(true)
        end
        assert.is_false(one:is_open())
    end)

    it("is looked at after the pause, by one at a time", function()
        open()
        assert.equal(0, looks(one))
        clock.now = PAUSE
        local within
        local without = looks(one, function()
            within = looks(other)
        end)
        assert.same({ 1, 0 }, { without, within })
        assert.equal(0, looks(other), "the next look is after another pause")
        clock.now = 2 * PAUSE
        assert.equal(1, looks(other))
    end)

    it("stays open for as long as no look succeeds", function()
        open()
        for turn = 1, 5 do
            clock.now = turn * PAUSE
            assert.equal(1, looks(one, function(breaker) breaker:failed() end))
            assert.is_true(other:is_open())
        end
        clock.now = 6 * PAUSE
        looks(other, function(breaker) breaker:succeeded() end)
        assert.is_false(one:is_open())
        one:failed()
        assert.is_false(one:is_open(), "it counts from the beginning")
    end)

    it("is closed by whatever succeeds", function()
        open()
        other:succeeded()
        assert.is_false(one:is_open())
        assert.equal(0, looks(one), "there is nothing to look for")
    end)

    it("outlives a look that breaks off or never ends", function()
        open()
        clock.now = PAUSE
        one:probe(function() error("broken") end)
        assert.is_true(one:is_open())
        clock.now = 2 * PAUSE
        -- the nginx worker that looks is killed
        ngx.shared.edge:add(one.turn, true, 60)
        assert.equal(0, looks(other))
        clock.now = clock.now + 60
        assert.equal(1, looks(other))
    end)
end)
