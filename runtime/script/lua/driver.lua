-- Calls a function for the core, and tells where it was when it failed. Called with: the library that
-- looks into functions at work, which no script gets, and what every script finds.

local debug, base = ...
local getinfo, getlocal, xpcall, byte, rawget, rawset =
    debug.getinfo, debug.getlocal, xpcall, string.byte, rawget, rawset
local max = math.max

-- The places that are told, and those from the end at which the text itself is looked for.
local most, last = 24, 8
-- Names of files begin with @, what is no variable with (.
local file, nameless = 64, 40

-- How many functions are inside one another. There may be very many.
local function depth()
    local low, high = 1, 2
    while getinfo(high, "l") do
        low, high = high, high * 2
    end
    while high - low > 1 do
        local middle = (low + high) // 2
        if getinfo(middle, "l") then
            low = middle
        else
            high = middle
        end
    end
    return low - 1
end

-- Variables of the text that failed, for the texts after it.
local function keep(level, variables)
    for index = 1, 250 do
        local name, value = getlocal(level + 1, index)
        if not name then
            return
        end
        if byte(name) ~= nameless and rawget(base, name) == nil then
            rawset(variables, name, value)
        end
    end
end

return function(variables, body, ...)
    local frames = {}
    local function handler(problem)
        local level = 2
        local info = getinfo(level, "Sln")
        while info and #frames < most and info.source ~= "=driver" do
            if byte(info.source) == file then
                frames[#frames + 1] = {
                    source = info.source,
                    short = info.short_src,
                    line = info.currentline,
                    name = info.name,
                    main = info.what == "main",
                    begins = info.linedefined,
                }
            end
            level = level + 1
            info = getinfo(level, "Sln")
        end
        if variables then
            local deepest = depth()
            for at = deepest, max(2, deepest - last), -1 do
                local found = getinfo(at, "f")
                if found and found.func == body then
                    keep(at, variables)
                end
            end
        end
        return problem
    end
    return frames, xpcall(body, handler, ...)
end
