// ns-3 beside macvsim: ns3 DEVICE HOSTS CONTAINERS PINGS GAP_US [ROUTED]
//
// HOSTS bridges hang on one bridge, and CONTAINERS nodes on them in turn (as on macvlan, each with a MAC and an address of its own);
// with HOSTS 0 the containers hang on the one bridge themselves.  Each pings the one after it, which is on another host, PINGS times;
// the first pings start GAP_US microseconds apart.  ROUTED: two containers on two bridges, and a router between these.
// Prints the pings that were answered, and the CPU seconds of the run, all of ARP included.
#include "ns3/bridge-module.h"
#include "ns3/core-module.h"
#include "ns3/csma-module.h"
#include "ns3/internet-apps-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>

using namespace ns3;

static uint64_t g_answered = 0;
static bool g_csma = true;

static void Answered(uint16_t, Time) { ++g_answered; }

// A cable of 25 us between two nodes.
static NetDeviceContainer Cable(Ptr<Node> a, Ptr<Node> b)
{
    NodeContainer ends(a, b);
    if (g_csma)
    {
        CsmaHelper csma;
        csma.SetChannelAttribute("DataRate", StringValue("100Gbps"));
        csma.SetChannelAttribute("Delay", TimeValue(MicroSeconds(25)));
        return csma.Install(ends);
    }
    SimpleNetDeviceHelper simple;
    simple.SetChannel("ns3::SimpleChannel", "Delay", TimeValue(MicroSeconds(25)));
    return simple.Install(ends);
}

static void Pinging(Ptr<Node> from, Ipv4Address to, uint32_t count, Time start)
{
    PingHelper helper(to);
    helper.SetAttribute("Count", UintegerValue(count));
    helper.SetAttribute("Interval", TimeValue(Seconds(1)));
    helper.SetAttribute("Size", UintegerValue(56));
    helper.SetAttribute("VerboseMode", EnumValue(Ping::VerboseMode::SILENT));
    ApplicationContainer apps = helper.Install(from);
    apps.Get(0)->TraceConnectWithoutContext("Rtt", MakeCallback(&Answered));
    apps.Start(start);
}

int main(int argc, char* argv[])
{
    if (argc < 6)
    {
        std::cerr << "usage: ns3 csma|simple HOSTS CONTAINERS PINGS GAP_US [routed]\n";
        return 2;
    }
    g_csma = std::string(argv[1]) == "csma";
    const uint32_t hosts = std::atoi(argv[2]), containers = std::atoi(argv[3]), pings = std::atoi(argv[4]);
    const Time gap = MicroSeconds(std::atoi(argv[5]));
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    BridgeHelper bridge;

    if (argc > 6)
    {
        NodeContainer ends, switches;
        ends.Create(3);
        switches.Create(2);
        internet.Install(ends);
        Ipv4AddressHelper addresses;
        Ipv4InterfaceContainer given;
        for (uint32_t n = 0; n < 2; ++n)
        {
            NetDeviceContainer own = Cable(ends.Get(n), switches.Get(n)), gateway = Cable(ends.Get(2), switches.Get(n));
            bridge.Install(switches.Get(n), NetDeviceContainer(own.Get(1), gateway.Get(1)));
            addresses.SetBase(n ? "10.2.0.0" : "10.1.0.0", "255.255.255.0");
            Ipv4InterfaceContainer both = addresses.Assign(NetDeviceContainer(own.Get(0), gateway.Get(0)));
            given.Add(both);
            Ipv4StaticRoutingHelper routing;
            routing.GetStaticRouting(ends.Get(n)->GetObject<Ipv4>())->SetDefaultRoute(both.GetAddress(1), 1);
        }
        Pinging(ends.Get(0), given.GetAddress(2), pings, Seconds(0));
    }
    else
    {
        Ptr<Node> middle = CreateObject<Node>();
        NodeContainer bridges, boxes;
        bridges.Create(hosts);
        boxes.Create(containers);
        internet.Install(boxes);
        std::vector<NetDeviceContainer> ports(hosts);
        NetDeviceContainer trunks, cards;
        for (uint32_t n = 0; n < hosts; ++n)
        {
            NetDeviceContainer cable = Cable(bridges.Get(n), middle);
            ports[n].Add(cable.Get(0));
            trunks.Add(cable.Get(1));
        }
        for (uint32_t n = 0; n < containers; ++n)
        {
            NetDeviceContainer cable = Cable(boxes.Get(n), hosts ? bridges.Get(n % hosts) : middle);
            cards.Add(cable.Get(0));
            (hosts ? ports[n % hosts] : trunks).Add(cable.Get(1));
        }
        for (uint32_t n = 0; n < hosts; ++n)
        {
            bridge.Install(bridges.Get(n), ports[n]);
        }
        bridge.Install(middle, trunks);
        Ipv4AddressHelper addresses("10.0.0.0", "255.255.0.0");
        Ipv4InterfaceContainer given = addresses.Assign(cards);
        for (uint32_t n = 0; n < (containers == 2 ? 1 : containers); ++n)
        {
            Pinging(boxes.Get(n), given.GetAddress((n + 1) % containers), pings, gap * n);
        }
    }
    Simulator::Stop(Seconds(pings + 5) + gap * containers);
    const std::clock_t begin = std::clock();
    Simulator::Run();
    const double spent = double(std::clock() - begin) / CLOCKS_PER_SEC;
    std::cout << g_answered << " " << spent << std::endl;
    Simulator::Destroy();
    return 0;
}
