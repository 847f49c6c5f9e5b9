local support = require "lua.spec.support"

local body = support.load("imgfilter.body", { ["imgfilter.answer"] = {}, ["imgfilter.problem"] = {} })

describe("a body", function()
    it("is JSON if its type says so", function()
        for _, content_type in ipairs({ "application/json", "Application/JSON", "application/json; charset=utf-8",
                                        " application/json;x" }) do
            assert.is_true(body.is_json(content_type), content_type)
        end
        for _, content_type in ipairs({ "", ";", "application/jsonp", "application/problem+json", "text/json",
                                        "application/json+x", "application/json application/json x",
                                        "x; application/json" }) do
            assert.is_false(body.is_json(content_type), content_type)
        end
        assert.is_false(body.is_json(nil))
    end)
end)
